#include "v3/grpc_streams.h"

#include <utility>
#include <vector>

#include "v3/errors.h"
#include "v3/grpc_stream.h"

namespace viaduct::v3 {
namespace {

constexpr int kLeaderlessLooks = 3;  // before a stream that needs a leader is ended (v3-api.md 2.14)

}  // namespace

GrpcStreams::GrpcStreams(Dispatch& dispatch, net::Loop& loop, std::chrono::nanoseconds election_timeout)
    : dispatch_(dispatch), loop_(loop), election_timeout_(election_timeout) {}

GrpcStreams::~GrpcStreams() = default;

void GrpcStreams::open(const Method& method, net::ReplyHandle handle, GrpcHead&& head, Bytes body) {
  const Id id = ++last_id_;
  auto stream = std::make_unique<GrpcStream>(*this, id, method, handle, std::move(head));
  GrpcStream& opened = *streams_.emplace(id, std::move(stream)).first->second;
  if (opened.requires_leader()) watch_leader();
  opened.begin(body);
}

GrpcStream* GrpcStreams::find(Id id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void GrpcStreams::bury(Id id) {
  loop_.post_function([this, id] { streams_.erase(id); });
}

void GrpcStreams::watch_leader() {
  if (watching_leader_) return;
  watching_leader_ = true;
  loop_.start_timer(loop_.now() + election_timeout_, [this] { look_for_leader(); });
}

void GrpcStreams::look_for_leader() {
  watching_leader_ = false;
  leaderless_looks_ = dispatch_.has_leader() ? 0 : leaderless_looks_ + 1;
  const bool give_up = leaderless_looks_ >= kLeaderlessLooks;
  bool still_needed = false;
  for (const auto& [id, stream] : streams_) {
    if (!stream->requires_leader()) continue;
    if (give_up) stream->abort(kNoLeader);
    still_needed = still_needed || !give_up;
  }
  if (still_needed) watch_leader();
}

}  // namespace viaduct::v3
