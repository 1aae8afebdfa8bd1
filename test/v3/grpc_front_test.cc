// gRPC over real sockets, before small services of its own.
#include "v3/grpc_front.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "net/listener.h"
#include "test/net/http2_client.h"
#include "test/net/server_harness.h"
#include "test/v3/no_engine.h"
#include "v3/grpc_message.h"

namespace viaduct::v3 {
namespace {

using namespace std::chrono_literals;
using etcdserverpb::LeaseKeepAliveRequest;
using etcdserverpb::LeaseKeepAliveResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::SnapshotRequest;
using etcdserverpb::SnapshotResponse;

constexpr const char* kRange = "/etcdserverpb.KV/Range";
constexpr const char* kKeepAlive = "/etcdserverpb.Lease/LeaseKeepAlive";
constexpr const char* kSnapshot = "/etcdserverpb.Maintenance/Snapshot";

// Answers each message with its id; ends with OK when the client has said all.
class Echo final : public Inbound {
 public:
  Echo(Call& call, std::vector<std::string>& heard) : call_(call), heard_(heard) {}
  void on_message(Message& message) override {
    LeaseKeepAliveResponse response;
    response.set_id(static_cast<LeaseKeepAliveRequest&>(message).id());
    call_.send(response);
  }
  void on_half_close() override { call_.finish({}); }
  void on_gone() override { heard_.push_back("gone"); }
  void on_drained() override {}
  void on_shutdown() override { call_.finish({StatusCode::kUnavailable, "stopping"}); }

 private:
  Call& call_;
  std::vector<std::string>& heard_;
};

// Says three chunks, or fails when asked in the name of failure.
class Chunks final : public Inbound {
 public:
  explicit Chunks(Call& call) : call_(call) {}
  void on_message(Message&) override {
    for (const char* chunk : {"one", "two", "three"}) {
      SnapshotResponse response;
      response.set_blob(chunk);
      call_.send(response);
    }
    call_.finish({StatusCode::kAborted, "enough"});
  }
  void on_half_close() override {}
  void on_gone() override {}
  void on_drained() override {}
  void on_shutdown() override {}

 private:
  Call& call_;
};

struct FrontServer {
  explicit FrontServer(const char* release = "3.5.21")
      : loops(clock, net::Limits(), 1), dispatch(methods, engine, Release(release), 1000) {
    methods.add_unary<RangeRequest, RangeResponse>(kRange, {},
                                                   [this](std::unique_ptr<Call> call, RangeRequest& request) {
                                                     if (request.key() == "wait") return keep(std::move(call));
                                                     if (request.key() == "drop") return;
                                                     if (request.key() == "fail")
                                                       return call->fail({StatusCode::kNotFound, "no\nkey"});
                                                     RangeResponse response;
                                                     response.add_kvs()->set_key(request.key());
                                                     call->reply(response);
                                                     call->reply(response);  // once is enough
                                                   });
    methods.add_stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
        Method::Kind::kBidirectional, kKeepAlive, {},
        [this](Call& call) { return std::make_unique<Echo>(call, heard); });
    methods.add_stream<SnapshotRequest, SnapshotResponse>(Method::Kind::kServerStream, kSnapshot, {},
                                                          [](Call& call) { return std::make_unique<Chunks>(call); });
    front = std::make_unique<GrpcFront>(dispatch, loops, 1s);
    loops.start();
    auto opened = net::Listener::open(loops, *front, net::parse_listen_url("http://127.0.0.1:0").value(), {});
    REQUIRE(opened);
    listener = std::move(opened).value();
  }
  ~FrontServer() {
    listener.reset();
    on_loop([&] { kept.reset(); });
    loops.stop();
  }

  void keep(std::unique_ptr<Call> call) {
    kept = std::move(call);
    kept->when_gone([this] { heard.push_back("nobody waits"); });
  }
  void on_loop(const std::function<void()>& function) {
    std::promise<void> done;
    loops.loop(0).post_function([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    on_loop([&] { loops.loop(0).sweep(); });
  }
  std::string heard_so_far() {
    std::string text;
    on_loop([&] {
      for (const std::string& line : heard) text += line + ";";
    });
    return text;
  }

  net::TestClock clock;
  net::LoopGroup loops;
  NoEngine engine;
  Methods methods;
  Dispatch dispatch;
  std::unique_ptr<GrpcFront> front;
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<Call> kept;
  std::vector<std::string> heard;  // on the loop
};

class GrpcClient {
 public:
  using Fields = net::Http2Client::Fields;

  explicit GrpcClient(FrontServer& server) : socket_(server.listener->addresses()[0]) {}

  uint32_t ask(const std::string& path, const std::string& body, bool more = false, Fields fields = {}) {
    fields.insert(fields.begin(), {"content-type", "application/grpc"});
    const uint32_t stream = http2_.ask("POST", path, body, more, fields);
    socket_.send(http2_.output());
    return stream;
  }
  void send(uint32_t stream, const std::string& body, bool more) {
    http2_.send(stream, body, more);
    socket_.send(http2_.output());
  }
  void reset(uint32_t stream) {
    http2_.reset(stream, 8);
    socket_.send(http2_.output());
  }
  // "status text" of the whole answer, or how it was reset.
  std::string end(uint32_t stream) {
    net::Http2Client::Answer& answer = http2_.answer(stream);
    while (!answer.ended && !answer.reset && more()) {
    }
    if (answer.reset && !answer.ended) return "reset " + std::to_string(*answer.reset);
    auto& fields = answer.trailers.empty() ? answer.head : answer.trailers;
    return fields["grpc-status"] + " " + fields["grpc-message"];
  }
  std::string call(const std::string& path, const std::string& body, const Fields& fields = {}) {
    return end(ask(path, body, false, fields));
  }
  // Reads until so many bytes of body are there.
  std::string& body(uint32_t stream, size_t bytes) {
    while (http2_.answer(stream).body.size() < bytes && more()) {
    }
    return http2_.answer(stream).body;
  }
  net::Http2Client::Answer& answer(uint32_t stream) { return http2_.answer(stream); }

 private:
  bool more() {
    const std::string bytes = socket_.read_some();
    if (bytes.empty() || bytes.ends_with("(open)")) return false;
    http2_.feed(bytes);
    socket_.send(http2_.output());
    return true;
  }

  net::Http2Client http2_;
  net::Client socket_;
};

std::string range_of(const std::string& key) {
  RangeRequest request;
  request.set_key(key);
  return frame_of(request);
}

std::string keep_alive(int64_t id) {
  LeaseKeepAliveRequest request;
  request.set_id(id);
  return frame_of(request);
}

std::string gzipped(const std::string& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string compressed_frame(const std::string& packed) {
  std::string frame = frame_of_encoded(packed);
  frame[0] = 1;
  return frame;
}

TEST_CASE("a unary call is headers, one message and trailers") {
  FrontServer server;
  GrpcClient client(server);
  const uint32_t stream = client.ask(kRange, range_of("a"));
  CHECK(client.end(stream) == "0 ");
  net::Http2Client::Answer& answer = client.answer(stream);
  CHECK(answer.head[":status"] == "200");
  CHECK(answer.head["content-type"] == "application/grpc");
  CHECK(answer.head.size() == 2);
  CHECK(answer.trailers.size() == 2);
  RangeResponse response;
  REQUIRE(response.ParseFromString(answer.body.substr(kFrameHeadBytes)));
  CHECK(response.kvs(0).key() == "a");
}

TEST_CASE("a call that fails has headers alone, and its text is escaped") {
  FrontServer server;
  GrpcClient client(server);
  const uint32_t stream = client.ask(kRange, range_of("fail"));
  CHECK(client.end(stream) == "5 no%0Akey");
  CHECK(client.answer(stream).trailers.empty());
  CHECK(client.answer(stream).data_frames == 0);
  CHECK(client.call(kRange, range_of("drop")) == "14 etcdserver: server stopped");
}

TEST_CASE("a path that is no method says what is missing") {
  FrontServer server;
  GrpcClient client(server);
  CHECK(client.call("/etcdserverpb.KV/Nope", "") == "12 unknown method Nope for service etcdserverpb.KV");
  CHECK(client.call("/foo.Bar/Range", "") == "12 unknown service foo.Bar");
  CHECK(client.call("/a/b/c", "") == "12 unknown service a/b");
  CHECK(client.call("/foo", "") == "8 malformed method name: \"/foo\"");
}

TEST_CASE("a message that cannot be read is answered in grpc-go's words") {
  FrontServer server;
  GrpcClient client(server);
  struct Case {
    const char* name;
    std::string body;
    const char* end;
  };
  const std::string large(1000 + (512 << 10) + 1, 'x');
  for (const Case& c :
       {Case{"nothing", "", "2 EOF"}, Case{"half a head", std::string(4, '\0'), "2 unexpected EOF"},
        Case{"half a message", range_of("abc").substr(0, 7), "2 unexpected EOF"},
        Case{"no protobuf", frame_of_encoded("\xff\xff\xff"),
             "13 grpc: error unmarshalling request: proto: cannot parse invalid wire-format data"},
        Case{"too large", frame_of_encoded(large), "8 grpc: received message larger than max (525289 vs. 525288)"},
        Case{"compressed, and no encoding", compressed_frame("x"),
             "13 grpc: compressed flag set with identity or empty encoding"},
        Case{"a format that there is not", "\x02" + range_of("a").substr(1),
             "13 grpc: received unexpected payload format 2"},
        Case{"two messages", range_of("a") + range_of("b"), "0 "}}) {
    CAPTURE(c.name);
    CHECK(client.call(kRange, c.body) == c.end);
  }
}

TEST_CASE("a request may be compressed with gzip, and with nothing else") {
  FrontServer server;
  GrpcClient client(server);
  const GrpcClient::Fields gzip = {{"grpc-encoding", "gzip"}};
  RangeRequest request;
  request.set_key(std::string(1000, 'k'));
  CHECK(client.call(kRange, compressed_frame(gzipped(request.SerializeAsString())), gzip) == "0 ");
  CHECK(client.call(kRange, range_of("a"), gzip) == "0 ");
  CHECK(client.call(kRange, compressed_frame("no gzip"), gzip).starts_with("13 grpc: failed to decompress"));
  CHECK(client.call(kRange, compressed_frame(gzipped(std::string(10 << 20, '\0'))), gzip)
            .starts_with("8 grpc: received message larger than max"));
  CHECK(client.call(kRange, range_of("a"), {{"grpc-encoding", "snappy"}}) ==
        "12 grpc: Decompressor is not installed for grpc-encoding \"snappy\"");
}

TEST_CASE("a message nested too deep is refused") {
  FrontServer server;
  server.on_loop([] {});
  GrpcClient client(server);
  std::string nested;
  // An unknown group in a group, and so on.
  for (int i = 0; i < 200; ++i) nested += '\x7b';
  for (int i = 0; i < 200; ++i) nested += '\x7c';
  CHECK(client.call(kRange, frame_of_encoded(nested)).starts_with("13 "));
}

TEST_CASE("a request that is not gRPC's is reset") {
  FrontServer server;
  GrpcClient client(server);
  CHECK(client.call(kRange, range_of("a"), {{"grpc-timeout", "1"}}).starts_with("reset "));
  CHECK(client.call(kRange, range_of("a"), {{"grpc-timeout", "123456789S"}}).starts_with("reset "));
}

TEST_CASE("a call whose time is up is told so, and whoever works on it too") {
  for (const auto& [release, end] :
       {std::pair("3.4.23", "2 context deadline exceeded"), std::pair("3.5.21", "4 context deadline exceeded")}) {
    CAPTURE(release);
    FrontServer server(release);
    GrpcClient client(server);
    const uint32_t stream = client.ask(kRange, range_of("wait"), false, {{"grpc-timeout", "2S"}});
    REQUIRE(net::eventually([&] {
      bool waits = false;
      server.on_loop([&] { waits = bool(server.kept); });
      return waits;
    }));
    server.pass(1s);
    CHECK(server.heard_so_far().empty());
    server.pass(2s);
    CHECK(client.end(stream) == end);
    CHECK(server.heard_so_far() == "nobody waits;");
    server.on_loop([&] { CHECK_FALSE(server.kept->is_open()); });
  }
}

TEST_CASE("a service hears that the client of a unary call went away") {
  FrontServer server;
  GrpcClient client(server);
  const uint32_t stream = client.ask(kRange, range_of("wait"));
  REQUIRE(net::eventually([&] {
    bool waits = false;
    server.on_loop([&] { waits = bool(server.kept); });
    return waits;
  }));
  client.reset(stream);
  CHECK(net::eventually([&] { return server.heard_so_far() == "nobody waits;"; }));
}

TEST_CASE("a stream carries messages both ways, in whatever pieces they come") {
  FrontServer server;
  GrpcClient client(server);
  const std::string two = keep_alive(1) + keep_alive(300);
  const uint32_t stream = client.ask(kKeepAlive, two.substr(0, 3), true);
  client.send(stream, two.substr(3, 6), true);
  client.send(stream, two.substr(9), true);
  LeaseKeepAliveResponse one, other;
  one.set_id(1);
  other.set_id(300);
  const std::string answers = frame_of(one) + frame_of(other);
  CHECK(client.body(stream, answers.size()) == answers);
  client.send(stream, "", false);
  CHECK(client.end(stream) == "0 ");
}

TEST_CASE("a stream that breaks off inside a message, or says what is none, ends") {
  FrontServer server;
  GrpcClient client(server);
  CHECK(client.call(kKeepAlive, keep_alive(1).substr(0, 6)) == "13 unexpected EOF");
  CHECK(client.call(kKeepAlive, "") == "0 ");
  CHECK(client.call(kKeepAlive, frame_of_encoded("\xff")) ==
        "13 grpc: failed to unmarshal the received message proto: cannot parse invalid wire-format data");
  CHECK(server.heard_so_far() == "gone;gone;");
}

TEST_CASE("a server stream takes one message, and says how it ended behind its own") {
  FrontServer server;
  GrpcClient client(server);
  const uint32_t stream = client.ask(kSnapshot, frame_of_encoded(""));
  CHECK(client.end(stream) == "10 enough");
  SnapshotResponse one;
  one.set_blob("one");
  CHECK(client.answer(stream).body.starts_with(frame_of(one)));
  CHECK(client.call(kSnapshot, "") == "2 EOF");
}

TEST_CASE("a stream's deadline ends it") {
  FrontServer server;
  GrpcClient client(server);
  const uint32_t stream = client.ask(kKeepAlive, keep_alive(1), true, {{"grpc-timeout", "1S"}});
  client.body(stream, 1);
  server.pass(2s);
  CHECK(client.end(stream) == "4 context deadline exceeded");
  CHECK(server.heard_so_far() == "gone;");
}

TEST_CASE("what needs a leader fails without one, at once or after three looks") {
  FrontServer server;
  GrpcClient client(server);
  const GrpcClient::Fields needs = {{"hasleader", "true"}};
  server.engine.leader = 1;
  CHECK(client.call(kRange, range_of("a"), needs) == "0 ");
  const uint32_t stream = client.ask(kKeepAlive, keep_alive(1), true, needs);
  const uint32_t other = client.ask(kKeepAlive, keep_alive(1), true);
  client.body(stream, 1);
  client.body(other, 1);
  server.engine.leader = 0;
  CHECK(client.call(kRange, range_of("a"), needs) == "14 etcdserver: no leader");
  CHECK(client.call(kKeepAlive, keep_alive(1), needs) == "14 etcdserver: no leader");
  CHECK(client.call(kRange, range_of("a"), {{"hasleader", "yes"}}) == "0 ");
  server.pass(1s);
  server.pass(1s);
  CHECK(server.heard_so_far().empty());
  server.pass(1s);
  CHECK(client.end(stream) == "14 etcdserver: no leader");
  CHECK_FALSE(client.answer(other).ended);
}

TEST_CASE("a learner refuses calls before their methods see them, streams as they begin") {
  FrontServer server;
  GrpcClient client(server);
  server.engine.learner = true;
  CHECK(client.call(kRange, range_of("a")) == "14 etcdserver: rpc not supported for learner");
  CHECK(client.call(kKeepAlive, keep_alive(1)) == "14 etcdserver: rpc not supported for learner");
  CHECK(server.heard_so_far().empty());
  server.engine.learner = false;
  CHECK(client.call(kRange, range_of("a")) == "0 ");
}

TEST_CASE("a client version that is no text is refused") {
  FrontServer server;
  GrpcClient client(server);
  CHECK(client.call(kRange, range_of("a"), {{"client-api-version", "\xff\xfe"}}) ==
        "3 etcdserver: invalid client api version");
}

TEST_CASE("calls are counted by how they ended") {
  FrontServer server;
  GrpcClient client(server);
  client.call(kRange, range_of("a"));
  client.call(kRange, range_of("fail"));
  client.call(kRange, "");
  server.on_loop([] {});
  const CallCounts::Sum sum = server.dispatch.counts().sum(server.methods.find(kRange)->number);
  CHECK(sum.started == 3);
  CHECK(sum.received == 2);
  CHECK(sum.sent == 1);
  CHECK(sum.ended[0] == 1);
  CHECK(sum.ended[5] == 1);
  CHECK(sum.ended[2] == 1);
}

}  // namespace
}  // namespace viaduct::v3
