#include "peer/port.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "net/loop.h"
#include "peer/in_stream.h"

namespace viaduct::peer {
namespace {

constexpr uint64_t kHandshakeBytes = 64 << 10;
constexpr size_t kRememberedRefusals = 64;
constexpr size_t kRememberedCallers = 64;

size_t at(StreamKind kind) { return static_cast<size_t>(kind); }

bool is_ours(std::string_view path) {
  return path == kHandshakePath || path == kStreamPath || path == kSnapshotPath || path == kProbingPath;
}

std::string rfc3339(int64_t wall_ns) {
  const time_t seconds = wall_ns / 1'000'000'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32];
  strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
  char text[64];
  snprintf(text, sizeof(text), "%s.%09dZ", date, static_cast<int>(wall_ns % 1'000'000'000));
  return text;
}

}  // namespace

Port::Port(Links& links, const Clock& clock, net::Handler& fallback, SnapshotSink* sink)
    : links_(links), clock_(clock), fallback_(fallback) {
  if (sink) snapshots_.emplace(*sink);
}

Port::~Port() = default;

net::BodyPlan Port::body_plan(const net::Request& head) const {
  if (head.raw_path() == kStreamPath && head.method() == net::Method::kPost) {
    return {net::BodyPlan::Shape::kStreamed, 0};
  }
  if (head.raw_path() == kSnapshotPath) return {net::BodyPlan::Shape::kWhole, kSnapshotChunkBytes};
  if (is_ours(head.raw_path())) return {net::BodyPlan::Shape::kWhole, kHandshakeBytes};
  return fallback_.body_plan(head);
}

void Port::handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  const std::string_view path = request.raw_path();
  if (!is_ours(path)) return fallback_.handle(loop, std::move(request), handle);
  if (path == kProbingPath) return probe(loop, handle);
  if (request.method() != net::Method::kPost) return answer(loop, handle, 405, "Method Not Allowed");
  if (request.body_too_large) return answer(loop, handle, 413, "Request Entity Too Large");
  if (path == kHandshakePath) return greet(loop, request, handle);
  if (path == kSnapshotPath) return take_snapshot(loop, std::move(request), handle);
  open_stream(loop, request, handle);
}

void Port::take_snapshot(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  const std::optional<Greeting> greeting = read_greeting(request);
  if (!greeting) return answer(loop, handle, 400, "malformed request");
  if (const auto refusal = judge(*greeting)) return answer(loop, handle, refusal->status, refusal->text);
  if (!snapshots_) return answer(loop, handle, 503, "no snapshots are taken here");
  snapshots_->handle(std::move(request), *greeting, handle);
}

void Port::probe(net::Loop& loop, net::ReplyHandle handle) const {
  net::Reply reply;
  reply.headers.add("Content-Type", "application/json");
  reply.body = "{\"OK\":true,\"Now\":\"" + rfc3339(clock_.wall_ns()) + "\"}\n";
  loop.reply(handle, std::move(reply));
}

net::Reply Port::reply_with(int status, std::string text) const {
  net::Reply reply;
  reply.status = status;
  reply.headers.add(kClusterHeader, to_hex(links_.identity().cluster.value));
  reply.headers.add(kVersionHeader, links_.identity().version);
  reply.headers.add("Content-Type", "text/plain; charset=utf-8");
  reply.body = std::move(text);
  return reply;
}

void Port::answer(net::Loop& loop, net::ReplyHandle handle, int status, std::string text) const {
  loop.reply(handle, reply_with(status, std::move(text)));
}

void Port::greet(net::Loop& loop, const net::Request& request, net::ReplyHandle handle) {
  const std::optional<Greeting> greeting = read_greeting(request);
  const std::optional<StreamKind> kind = read_stream_kind(request);
  if (!greeting || !kind) return answer(loop, handle, 400, "malformed handshake");
  if (const auto refusal = judge(*greeting)) return answer(loop, handle, refusal->status, refusal->text);
  Welcome welcome = hand_out_token(*greeting, *kind);
  if (welcome.token.empty()) {
    net::Reply refusal = reply_with(409, "superseded by a newer incarnation");
    refusal.headers.add(kIncarnationHeader, to_hex(welcome.newest));
    return loop.reply(handle, std::move(refusal));
  }
  counters_.handshakes.add();
  answer(loop, handle, 200, std::move(welcome.token));
  links_.greeted_by(*greeting);
}

void Port::open_stream(net::Loop& loop, const net::Request& request, net::ReplyHandle handle) {
  const std::optional<Greeting> greeting = read_greeting(request);
  const std::optional<StreamKind> kind = read_stream_kind(request);
  if (!greeting || !kind) return answer(loop, handle, 400, "malformed handshake");
  auto refusal = judge(*greeting);
  if (!refusal) refusal = spend_token(*greeting, *kind, request.find_header(kTokenHeader));
  if (refusal) return answer(loop, handle, refusal->status, refusal->text);
  const auto stream = std::make_shared<InStream>(*this, loop, handle, *greeting, *kind);
  std::shared_ptr<InStream> older;
  {
    const std::lock_guard lock(mutex_);
    open_.insert(stream);
    older = std::exchange(callers_[greeting->from].streams[at(*kind)], stream);
  }
  if (older) older->supersede();
  stream->start();
}

// Nothing: it is a member of this cluster, speaks our format and means us.
std::optional<Port::Refusal> Port::judge(const Greeting& greeting) {
  const Identity& us = links_.identity();
  const std::string from = to_hex(greeting.from.value);
  const std::string cluster = to_hex(us.cluster.value);
  const auto refuse = [&](int status, const char* text, net::Counter& counter, const std::string& logged) {
    counter.add();
    if (is_news(greeting.from, logged)) log::warn(logged, {{"remote-peer-id", from}});
    return Refusal{status, text};
  };
  if (greeting.cluster != us.cluster) {
    return refuse(412, "cluster ID mismatch", counters_.wrong_cluster,
                  "request cluster ID mismatch (got " + to_hex(greeting.cluster.value) + " want " + cluster + ")");
  }
  if (greeting.format != kPeerFormat) {
    return refuse(412, "incompatible version", counters_.wrong_format,
                  "request version incompatible (peer format " + std::to_string(greeting.format) + ")");
  }
  if (greeting.to != us.self || greeting.from == us.self) {
    return refuse(403, "to field mismatch", counters_.wrong_receiver,
                  "a request for " + to_hex(greeting.to.value) + " came to " + to_hex(us.self.value));
  }
  switch (links_.listener().standing(greeting.from)) {
    case Standing::kMember:
      return std::nullopt;
    case Standing::kRemoved:
      return refuse(410, "the member has been permanently removed from the cluster", counters_.removed_members,
                    "rejected the stream from peer " + from + " since it was removed");
    case Standing::kStranger:
      if (links_.take_in(greeting)) return std::nullopt;
      [[fallthrough]];
    case Standing::kUnknown:
      return refuse(403, "error sender not found", counters_.unknown_members,
                    "failed to find member " + from + " in cluster " + cluster);
  }
  return std::nullopt;
}

// True when this member was not refused in these words last time.
bool Port::is_news(MemberId from, const std::string& refusal) {
  const std::lock_guard lock(mutex_);
  if (last_refusals_.size() >= kRememberedRefusals && !last_refusals_.contains(from)) last_refusals_.clear();
  return std::exchange(last_refusals_[from], refusal) != refusal;
}

// The streams of an older incarnation end with the first word of this one. It may be this one that is older, such as a
// process that was cut off or stopped while its successor started, or one whose data were put back or taken away.
Port::Welcome Port::hand_out_token(const Greeting& greeting, StreamKind kind) {
  std::array<std::shared_ptr<InStream>, kStreamKinds> older;
  std::string token;
  {
    const std::lock_guard lock(mutex_);
    last_refusals_.erase(greeting.from);
    forget_callers();
    Caller& caller = callers_[greeting.from];
    if (greeting.incarnation < caller.incarnation) {
      counters_.older_incarnations.add();
      return {{}, caller.incarnation};
    }
    if (caller.incarnation != greeting.incarnation) older = std::exchange(caller, {}).streams;
    caller.incarnation = greeting.incarnation;
    token = to_hex(random_.next()) + "-" + to_hex(random_.next());
    caller.tokens[at(kind)] = token;
  }
  for (const auto& stream : older) {
    if (stream) stream->supersede();
  }
  return {std::move(token), greeting.incarnation};
}

// Strangers that come and go must not fill the memory.
void Port::forget_callers() {
  if (callers_.size() < kRememberedCallers) return;
  std::erase_if(callers_, [](const auto& one) {
    return std::ranges::none_of(one.second.streams, [](const auto& stream) { return stream != nullptr; });
  });
}

std::optional<Port::Refusal> Port::spend_token(const Greeting& greeting, StreamKind kind, std::string_view token) {
  const std::lock_guard lock(mutex_);
  const auto caller = callers_.find(greeting.from);
  const bool good = caller != callers_.end() && caller->second.incarnation == greeting.incarnation && !token.empty() &&
                    caller->second.tokens[at(kind)] == token;
  if (good) {
    caller->second.tokens[at(kind)].clear();
    return std::nullopt;
  }
  counters_.wrong_tokens.add();
  return Refusal{403, "wrong token"};
}

void Port::closed(InStream& stream) {
  const MemberId from = stream.greeting().from;
  const StreamKind kind = stream.kind();
  {
    const std::lock_guard lock(mutex_);
    const auto caller = callers_.find(from);
    if (caller != callers_.end() && caller->second.streams[at(kind)].get() == &stream) {
      caller->second.streams[at(kind)].reset();
    }
    open_.erase(stream.shared_from_this());
  }
  links_.incoming_down(from, kind);
}

}  // namespace viaduct::peer
