#include "v3/watch_stream.h"

#include <algorithm>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3/errors.h"

namespace viaduct::v3 {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchRequest;
using etcdserverpb::WatchResponse;

namespace {

constexpr int64_t kNoId = -1;  // of what is not about one watch

int64_t as_signed(Revision revision) { return static_cast<int64_t>(revision.value); }

}  // namespace

WatchStream::WatchStream(WatchLoop& loop, Call& call)
    : loop_(loop), call_(call), output_(call, loop.options(), loop.scratch()), progress_(loop, *this) {
  ++loop_.counters().streams;
}

WatchStream::~WatchStream() {
  loop_.readings().forget(*this);
  loop_.positions().forget(*this);
  for (const auto& [id, watch] : watches_) {
    if (watch->state == Watch::State::kReading) loop_.readings().forget(*watch);
    if (watch->group) loop_.leave(*watch);
  }
  loop_.counters().watches -= watches_.size();
  loop_.counters().behind -= behind_count_;
  --loop_.counters().streams;
}

void WatchStream::on_message(Message& message) {
  auto& request = static_cast<WatchRequest&>(message);
  switch (request.request_union_case()) {
    case WatchRequest::kCreateRequest:
      return create(*request.mutable_create_request());
    case WatchRequest::kCancelRequest:
      return cancel(request.cancel_request().watch_id());
    case WatchRequest::kProgressRequest:
      return progress_.request();
    case WatchRequest::REQUEST_UNION_NOT_SET:
      return;  // as etcd does with what it does not know
  }
}

void WatchStream::on_drained() {
  output_.drained();
  if (is_in_step()) progress_.in_step();
  read_more();
}

void WatchStream::on_shutdown() { call_.finish(kStopped); }

// --- what the client asks ---

void WatchStream::create(WatchCreateRequest& request) {
  store::KeyRange range = range_of(request);
  const WatchStart start = start_of(loop_.store(), range, request.start_revision());
  if (std::string reason = refusal(range, request.watch_id()); !reason.empty()) {
    return refuse(start.head, std::move(reason));
  }
  Watch& watch = add(request, std::move(range), start);
  WatchResponse created = response(start.head, watch.id);
  created.set_created(true);
  output_.say(created);
  newest_told_ = std::max(newest_told_, start.head);
  if (start.is_compacted) return end_compacted(watch);
  settle(watch);
}

Watch& WatchStream::add(const WatchCreateRequest& request, store::KeyRange range, const WatchStart& start) {
  auto made = std::make_unique<Watch>();
  Watch& watch = *made;
  watch.token = loop_.next_token();
  watch.id = take_id(request.watch_id());
  watch.stream = this;
  watch.next = start.next;
  watch.start = Revision(static_cast<uint64_t>(std::max<int64_t>(request.start_revision(), 0)));
  watch.view = view_of(request);
  watch.fragment = request.fragment();
  watch.progress_notify = request.progress_notify();
  loop_.join(watch, std::move(range));
  watches_.emplace(watch.id, std::move(made));
  ++loop_.counters().watches;
  count_behind();
  latest_start_ = std::max(latest_start_, watch.start);
  if (watch.progress_notify) {
    ++notice_count_;
    progress_.expect_notices();
  }
  return watch;
}

std::string WatchStream::refusal(const store::KeyRange& range, int64_t id) {
  WatchCounters& counters = loop_.counters();
  if (range.is_empty()) return "mvcc: watcher range is empty";
  if (id != 0 && watches_.contains(id)) return "mvcc: duplicate watch ID provided on the WatchStream";
  if (watches_.size() >= loop_.options().watches_per_stream) {
    ++counters.stream_limit;
    return "etcdserver: too many watchers on this stream";
  }
  if (counters.watches >= loop_.options().watches) {
    ++counters.member_limit;
    return "etcdserver: too many watchers on this member";
  }
  return {};
}

void WatchStream::refuse(Revision now, std::string reason) {
  WatchResponse refused = response(now, kNoId);
  refused.set_created(true);
  refused.set_canceled(true);
  refused.set_cancel_reason(std::move(reason));
  output_.say(refused);
}

int64_t WatchStream::take_id(int64_t wanted) {
  if (wanted != 0) return wanted;
  while (watches_.contains(next_id_)) ++next_id_;
  return next_id_++;
}

void WatchStream::cancel(int64_t id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  end(*found->second);
  watches_.erase(found);
  --loop_.counters().watches;
  WatchResponse cancelled = response(loop_.numbers().revision, id);
  cancelled.set_canceled(true);
  output_.say(cancelled);
  after_end();
}

// The id stays taken until the client cancels it.
void WatchStream::end_compacted(Watch& watch) {
  end(watch);
  WatchResponse cancelled = response(Revision(), watch.id);
  cancelled.set_canceled(true);
  cancelled.set_compact_revision(loop_.numbers().compacted_or_none());
  output_.say(cancelled);
  after_end();
}

// Takes the watch out of all that would tell it something.
void WatchStream::end(Watch& watch) {
  if (watch.state == Watch::State::kEnded) return;
  if (watch.state == Watch::State::kReading) {
    loop_.readings().forget(watch);
    is_reading_ = false;
  }
  if (watch.state != Watch::State::kLive) uncount_behind();
  loop_.leave(watch);
  watch.state = Watch::State::kEnded;
  if (watch.progress_notify) --notice_count_;
}

void WatchStream::after_end() {
  if (is_in_step()) progress_.in_step();
  read_more();
}

// --- being told ---

void WatchStream::tell(Watch& watch, std::string_view header, std::string_view events, Revision newest) {
  output_.say_events(watch, header, events);
  watch.told = true;
  newest_told_ = std::max(newest_told_, newest);
}

void WatchStream::fall_behind(Watch& watch) {
  watch.group->remove_live(watch);
  count_behind();
  put_behind(watch);
}

// Live if there is nothing to read first.
void WatchStream::settle(Watch& watch) {
  if (!watch.group->add_live(watch)) return put_behind(watch);
  uncount_behind();
  if (is_in_step()) progress_.in_step();
}

void WatchStream::put_behind(Watch& watch) {
  watch.state = Watch::State::kBehind;
  behind_.push_back(watch.id);
  read_more();
}

void WatchStream::count_behind() {
  ++behind_count_;
  ++loop_.counters().behind;
}

void WatchStream::uncount_behind() {
  --behind_count_;
  --loop_.counters().behind;
}

void WatchStream::read_more() {
  if (is_queued_ || is_reading_ || behind_.empty() || !output_.takes_history()) return;
  is_queued_ = true;
  loop_.readings().enqueue(*this);
}

Watch* WatchStream::next_behind() {
  is_queued_ = false;
  if (!output_.takes_history()) return nullptr;
  while (!behind_.empty()) {
    const auto found = watches_.find(behind_.front());
    behind_.pop_front();
    if (found == watches_.end() || found->second->state != Watch::State::kBehind) continue;
    is_reading_ = true;
    found->second->state = Watch::State::kReading;
    return found->second.get();
  }
  return nullptr;
}

void WatchStream::take_history(Watch& watch, const WatchReading& reading) {
  is_reading_ = false;
  watch.state = Watch::State::kBehind;
  if (reading.reached() == WatchReading::Reached::kCompacted) {
    if (!skip_compacted(watch)) return end_compacted(watch);
    return put_behind(watch);
  }
  watch.next = reading.next();
  if (!reading.events().empty()) {
    std::string header;
    append_header(header, loop_.header(loop_.numbers().revision));
    tell(watch, header, reading.events(), reading.newest());
    loop_.counters().events += reading.event_count();
  }
  if (reading.reached() == WatchReading::Reached::kEnd) {
    settle(watch);
  } else {
    put_behind(watch);
  }
  read_more();
}

// True if nothing that the watch wants was compacted: it starts later (INV-W6).
bool WatchStream::skip_compacted(Watch& watch) {
  const store::Store::ReadLock lock(loop_.store());
  if (watch.start < loop_.store().numbers().compacted_revision) return false;
  watch.next = loop_.store().first_seq(watch.start);
  return true;
}

// --- progress ---

bool WatchStream::starts_after(Revision revision) {
  if (latest_start_ <= revision) return false;
  latest_start_ = Revision();
  for (const auto& [id, watch] : watches_) {
    if (watch->state != Watch::State::kEnded) latest_start_ = std::max(latest_start_, watch->start);
  }
  return latest_start_ > revision;
}

void WatchStream::say_progress(Revision revision) { output_.say(response(revision, kNoId)); }

void WatchStream::say_notices(Revision revision) {
  if (output_.is_full()) return;
  for (const auto& [id, watch] : watches_) {
    if (!watch->progress_notify || watch->state != Watch::State::kLive) continue;
    if (!watch->told && watch->start <= revision) output_.say(response(revision, id));
    watch->told = false;
  }
}

WatchResponse WatchStream::response(Revision revision, int64_t watch_id) const {
  const HeaderNumbers numbers = loop_.header(revision);
  WatchResponse made;
  made.mutable_header()->set_cluster_id(numbers.cluster.value);
  made.mutable_header()->set_member_id(numbers.member.value);
  made.mutable_header()->set_revision(as_signed(numbers.revision));
  made.mutable_header()->set_raft_term(numbers.term.value);
  made.set_watch_id(watch_id);
  return made;
}

}  // namespace viaduct::v3
