#include "gateway_harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "test/support/manual_clock.h"
#include "test/v3/no_engine.h"

namespace viaduct::v3 {
namespace {

using namespace etcdserverpb;

class Heard {
 public:
  void add(std::string_view text) {
    const std::lock_guard lock(mutex_);
    text_.append(text).append(";");
  }
  std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

class FakeStream : public Inbound {
 public:
  FakeStream(Call& call, Heard& heard) : call_(call), heard_(heard) {}
  void on_half_close() override { heard_.add("half-close"); }
  void on_gone() override { heard_.add("gone"); }
  void on_drained() override { heard_.add("drained"); }
  void on_shutdown() override { call_.finish({StatusCode::kUnavailable, "stopping"}); }

 protected:
  Call& call_;
  Heard& heard_;
};

// Creates with key "fail" fail the stream; others are confirmed, and told of one put each. Cancelling ends it well.
class FakeWatch final : public FakeStream {
 public:
  using FakeStream::FakeStream;
  void on_message(Message& message) override {
    const auto& request = static_cast<const WatchRequest&>(message);
    heard_.add(request.ShortDebugString());
    if (request.has_cancel_request()) return call_.finish({});
    if (!request.has_create_request()) return;
    if (request.create_request().key() == "fail") {
      return call_.finish({StatusCode::kUnavailable, "etcdserver: no leader"});
    }
    WatchResponse created;
    created.set_watch_id(next_id_);
    created.set_created(true);
    created.mutable_header()->set_revision(7);
    call_.send(created);
    WatchResponse told;
    told.set_watch_id(next_id_++);
    told.mutable_header()->set_revision(9);
    for (const int revision : {8, 8, 9}) {
      mvccpb::Event* const event = told.add_events();
      event->mutable_kv()->set_key(request.create_request().key());
      event->mutable_kv()->set_mod_revision(revision);
      if (revision == 9) event->set_type(mvccpb::Event::DELETE);
    }
    call_.send_encoded(told.SerializeAsString(), told);
  }

 private:
  int64_t next_id_ = 0;
};

class FakeKeepAlive final : public FakeStream {
 public:
  using FakeStream::FakeStream;
  void on_message(Message& message) override {
    LeaseKeepAliveResponse response;
    response.set_id(static_cast<const LeaseKeepAliveRequest&>(message).id());
    call_.send(response);
  }
  void on_half_close() override { call_.finish({}); }
};

class FakeSnapshot final : public FakeStream {
 public:
  using FakeStream::FakeStream;
  void on_message(Message&) override {
    SnapshotResponse response;
    response.set_blob("one");
    call_.send(response);
    response.set_blob("two");
    call_.send(response);
  }
  void on_half_close() override { call_.finish({}); }
};

// What waits for nothing.
std::vector<std::unique_ptr<Call>>& parked() {
  static std::vector<std::unique_ptr<Call>> calls;
  return calls;
}

void range(Heard& heard, std::unique_ptr<Call> call, const RangeRequest& request) {
  heard.add(request.ShortDebugString());
  if (request.key() == "token") heard.add(call->metadata().find("token"));
  if (request.key() == "authorization") heard.add(call->metadata().find("authorization"));
  if (request.key() == "fail") return call->fail({StatusCode::kFailedPrecondition, "not <now>"});
  if (request.key() == "drop") return;
  if (request.key() == "park") {
    call->when_gone([&heard] { heard.add("gone"); });
    parked().push_back(std::move(call));
    return;
  }
  RangeResponse response;
  response.mutable_header();
  mvccpb::KeyValue* const kv = response.add_kvs();
  kv->set_key(request.key());
  kv->set_value(request.key());
  response.set_count(1);
  call->reply(response);
}

void add_methods(Methods& methods, Heard& heard) {
  methods.add_unary<RangeRequest, RangeResponse>(
      "/etcdserverpb.KV/Range", {"/kv/range"},
      [&heard](std::unique_ptr<Call> call, RangeRequest& request) { range(heard, std::move(call), request); });
  methods.add_stream<WatchRequest, WatchResponse>(
      Method::Kind::kBidirectional, "/etcdserverpb.Watch/Watch", {"/watch"},
      [&heard](Call& call) { return std::make_unique<FakeWatch>(call, heard); });
  methods.add_stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
      Method::Kind::kBidirectional, "/etcdserverpb.Lease/LeaseKeepAlive", {"/lease/keepalive"},
      [&heard](Call& call) { return std::make_unique<FakeKeepAlive>(call, heard); });
  methods.add_stream<SnapshotRequest, SnapshotResponse>(
      Method::Kind::kServerStream, "/etcdserverpb.Maintenance/Snapshot", {"/maintenance/snapshot"},
      [&heard](Call& call) { return std::make_unique<FakeSnapshot>(call, heard); });
}

}  // namespace

GatewayClient::GatewayClient(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
  const timeval patience{10, 0};
  setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  REQUIRE(::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
}

void GatewayClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void GatewayClient::reset() {
  const linger at_once{1, 0};
  setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_ = net::Descriptor();
}

bool GatewayClient::fill() {
  char bytes[65536];
  const ssize_t got = ::recv(socket_.number(), bytes, sizeof bytes, 0);
  if (got > 0) buffer_.append(bytes, static_cast<size_t>(got));
  return got > 0;
}

std::string GatewayClient::read_until(std::string_view end) {
  size_t at;
  while ((at = buffer_.find(end)) == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {}) + "(no more)";
  }
  std::string read = buffer_.substr(0, at + end.size());
  buffer_.erase(0, read.size());
  return read;
}

std::string GatewayClient::read_bytes(size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  std::string read = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return read;
}

std::string GatewayClient::read_to_end() {
  while (fill()) {
  }
  const bool open = errno == EAGAIN;
  return std::exchange(buffer_, {}) + (open ? "(open)" : "");
}

struct GatewayServer::Parts {
  Parts(const char* release, net::SiteAccessOptions options, uint64_t max_request_bytes)
      : access(std::move(options)),
        dispatch((add_methods(methods, heard), methods), engine, Release(release), max_request_bytes),
        loops(clock, net::Limits(), 1),
        gateway(dispatch, access, loops, std::chrono::seconds(1)) {
    loops.start();
    auto opened = net::Listener::open(loops, gateway, net::parse_listen_url("http://127.0.0.1:0").value(), {});
    REQUIRE(opened);
    listener = std::move(opened).value();
  }
  ~Parts() {
    on_loop([] { parked().clear(); });
    listener.reset();
    loops.stop();
  }

  void on_loop(std::function<void()> function) {
    std::mutex mutex;
    std::condition_variable done_or_not;
    bool done = false;
    loops.loop(0).post_function([&] {
      function();
      const std::lock_guard lock(mutex);
      done = true;
      done_or_not.notify_one();
    });
    std::unique_lock lock(mutex);
    done_or_not.wait(lock, [&] { return done; });
  }

  ManualClock clock;
  Heard heard;
  NoEngine engine;
  Methods methods;
  net::SiteAccess access;
  Dispatch dispatch;
  net::LoopGroup loops;
  Gateway gateway;
  std::unique_ptr<net::Listener> listener;
};

GatewayServer::GatewayServer(const char* release, net::SiteAccessOptions access, uint64_t max_request_bytes)
    : parts_(std::make_unique<Parts>(release, std::move(access), max_request_bytes)) {}
GatewayServer::~GatewayServer() = default;

const std::string& GatewayServer::address() const { return parts_->listener->addresses()[0]; }
net::Loop& GatewayServer::loop() { return parts_->loops.loop(0); }
std::string GatewayServer::heard() { return parts_->heard.take(); }

void GatewayServer::pass(std::chrono::nanoseconds time) {
  parts_->clock.advance(time);
  parts_->on_loop([this] { loop().sweep(); });
}

std::string GatewayServer::ask(std::string_view method, std::string_view target, std::string_view body,
                               std::string_view headers) {
  std::string request;
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  request.append(headers).append("\r\n").append(body);
  GatewayClient client(address());
  client.send(request);
  return client.read_to_end();
}

std::string status_line(std::string_view reply) { return std::string(reply.substr(0, reply.find("\r\n"))); }

std::string header(std::string_view reply, std::string_view name) {
  const std::string_view head = reply.substr(0, reply.find("\r\n\r\n") + 2);
  const std::string start = "\r\n" + std::string(name) + ": ";
  const size_t at = head.find(start);
  if (at == head.npos) return "";
  const std::string_view rest = head.substr(at + start.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

std::string body(std::string_view reply) {
  std::string_view rest = reply.substr(std::min(reply.size(), reply.find("\r\n\r\n") + 4));
  if (header(reply, "Transfer-Encoding") != "chunked") return std::string(rest);
  std::string chunks;
  while (!rest.empty()) {
    const size_t line = rest.find("\r\n");
    if (line == rest.npos) break;
    const size_t size = std::stoul(std::string(rest.substr(0, line)), nullptr, 16);
    rest.remove_prefix(line + 2);
    if (size == 0) return chunks + "0|" + std::string(rest);
    chunks += std::to_string(size) + '|' + std::string(rest.substr(0, size));
    rest.remove_prefix(std::min(rest.size(), size + 2));
  }
  return chunks;
}

}  // namespace viaduct::v3
