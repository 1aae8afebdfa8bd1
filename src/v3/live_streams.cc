#include "v3/live_streams.h"

#include <utility>

#include "v3/errors.h"
#include "v3/stream_call.h"

namespace viaduct::v3 {
namespace {

constexpr int kLeaderlessLooks = 3;  // before a stream that needs a leader is ended (v3-api.md 2.14)

}  // namespace

LiveStreams::LiveStreams(Dispatch& dispatch, net::Loop& loop, std::chrono::nanoseconds election_timeout)
    : dispatch_(dispatch), loop_(loop), election_timeout_(election_timeout) {}

LiveStreams::~LiveStreams() = default;

void LiveStreams::open(StreamStart&& start) {
  const Id id = ++last_id_;
  const auto timeout = start.timeout;
  const std::unique_ptr<Message> only_message = std::move(start.only_message);
  auto stream = std::make_unique<StreamCall>(*this, id, std::move(start));
  StreamCall& opened = *streams_.emplace(id, std::move(stream)).first->second;
  if (opened.requires_leader()) watch_leader();
  opened.begin(timeout, only_message.get());
}

StreamCall* LiveStreams::find(Id id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void LiveStreams::bury(Id id) {
  loop_.post_function([this, id] { streams_.erase(id); });
}

void LiveStreams::watch_leader() {
  if (watching_leader_) return;
  watching_leader_ = true;
  loop_.start_timer(loop_.now() + election_timeout_, [this] { look_for_leader(); });
}

void LiveStreams::look_for_leader() {
  watching_leader_ = false;
  leaderless_looks_ = dispatch_.has_leader() ? 0 : leaderless_looks_ + 1;
  const bool give_up = leaderless_looks_ >= kLeaderlessLooks;
  bool still_needed = false;
  for (const auto& [id, stream] : streams_) {
    if (!stream->requires_leader()) continue;
    if (give_up) stream->abort(kNoLeader, Speaker::kMethod);
    still_needed = still_needed || !give_up;
  }
  if (still_needed) watch_leader();
}

}  // namespace viaduct::v3
