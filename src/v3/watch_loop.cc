#include "v3/watch_loop.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <tuple>

#include "v3/watch_stream.h"

namespace viaduct::v3 {

using store::Delivery;
using store::Event;
using store::KeyRange;

namespace {

// Of a batch in memory; an event in it counts once.
size_t bytes_of(std::span<const Delivery> deliveries) {
  size_t bytes = deliveries.size_bytes();
  const Event* last = nullptr;
  for (const Delivery& delivery : deliveries) {
    if (delivery.event.get() == last) continue;
    last = delivery.event.get();
    bytes += last->footprint_bytes();
  }
  return bytes;
}

}  // namespace

WatchLoop::WatchLoop(v3bridge::Engine& engine, net::Loop& loop, const WatchOptions& options, WatchCounters& counters)
    : engine_(engine),
      loop_(loop),
      options_(options),
      counters_(counters),
      readings_(engine, loop),
      positions_(engine, loop, *this) {}

WatchLoop::~WatchLoop() = default;

HeaderNumbers WatchLoop::header(Revision revision) const {
  return {engine_.cluster_id(), engine_.member_id(), revision, engine_.raft_status().term};
}

store::Numbers WatchLoop::numbers() const {
  const store::Store::ReadLock lock(store());
  return store().numbers();
}

size_t WatchLoop::HashRange::operator()(const KeyRange& range) const { return absl::HashOf(range.key, range.end); }

void WatchLoop::join(Watch& watch, KeyRange range) {
  auto found = groups_.find(range);
  if (found == groups_.end()) {
    found = groups_.insert(std::make_unique<WatchGroup>(engine_.hub(), *this, next_token(), std::move(range))).first;
    groups_by_token_.emplace((*found)->token(), found->get());
  }
  watch.group = found->get();
  watch.group->join();
}

void WatchLoop::leave(Watch& watch) {
  WatchGroup& group = *watch.group;
  if (watch.state == Watch::State::kLive) group.remove_live(watch);
  watch.group = nullptr;
  if (!group.leave()) return;
  groups_by_token_.erase(group.token());
  groups_.erase(groups_.find(group.range()));
}

void WatchLoop::deliver(std::vector<Delivery> deliveries) {
  if (is_overrun_) return;
  const size_t bytes = bytes_of(deliveries);
  const size_t waiting_bytes = waiting_bytes_.fetch_add(bytes);
  if (waiting_bytes > 0 && waiting_bytes + bytes > options_.loop_bytes) {
    waiting_bytes_ -= bytes;
    is_overrun_ = true;
    loop_.post_function([this, from = deliveries.front().event->seq()] { overrun(from); });
    return;
  }
  loop_.post_function([this, bytes, batch = std::move(deliveries)] {
    waiting_bytes_ -= bytes;
    take(batch);
  });
}

// All deliveries before `from` were taken, none from there on. Those of a publish() that is under way still may come,
// but not for a watch that needs one of those dropped: that one is behind now, and a group takes it back with what is
// newer than its next registration only.
void WatchLoop::overrun(Seq from) {
  ++counters_.overruns;
  read_from(from);
  is_overrun_ = false;
}

// The same with what the hub did not offer, whatever deliver() drops meanwhile.
void WatchLoop::missed(Seq from) {
  loop_.post_function([this, from] { read_from(from); });
}

// Live watches read the log, those of the oldest group first: their groups were told of all before `from`.
void WatchLoop::read_from(Seq from) {
  std::vector<WatchGroup*> groups;
  groups.reserve(groups_.size());
  for (const std::unique_ptr<WatchGroup>& group : groups_) groups.push_back(group.get());
  std::ranges::sort(groups, {}, &WatchGroup::token);
  for (WatchGroup* const group : groups) {
    while (!group->live().empty()) {
      Watch& watch = *group->live().back();
      watch.next = std::max(watch.next, from);
      watch.stream->fall_behind(watch);
    }
  }
}

void WatchLoop::take(std::span<const Delivery> batch) {
  while (!batch.empty()) {
    const Revision revision = batch.front().event->record.revision;
    const auto end = std::find_if(batch.begin(), batch.end(), [&](const Delivery& delivery) {
      return delivery.event->record.revision != revision;
    });
    const auto count = static_cast<size_t>(end - batch.begin());
    take_revision(batch.first(count));
    handled_ = revision;
    batch = batch.subspan(count);
  }
}

void WatchLoop::take_revision(std::span<const Delivery> deliveries) {
  WatchRevision revision(header(deliveries.front().event->record.revision));
  std::vector<std::pair<uint64_t, const Event*>> told;
  told.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) told.emplace_back(delivery.token, delivery.event.get());
  std::stable_sort(told.begin(), told.end(), [](const auto& a, const auto& b) { return a.first < b.first; });

  std::vector<const Event*> events;
  for (auto next = told.begin(); next != told.end();) {
    const uint64_t token = next->first;
    events.clear();
    for (; next != told.end() && next->first == token; ++next) events.push_back(next->second);
    const auto group = groups_by_token_.find(token);
    if (group != groups_by_token_.end()) tell(*group->second, events, revision);
  }
}

// Backwards, since a watch that falls behind leaves the list and the last one takes its place.
void WatchLoop::tell(WatchGroup& group, WatchRevision::Events events, WatchRevision& revision) {
  revision.begin(group.range(), events);
  const Event& first = *events.front();
  const Seq next = events.back()->seq().next();
  uint64_t told_events = 0;
  for (size_t i = group.live().size(); i-- > 0;) {
    Watch& watch = *group.live()[i];
    if (watch.next > first.seq() || watch.start > first.record.revision) continue;
    const std::optional<WatchRevision::Encoded> encoded = revision.events_for(watch.view);
    if (encoded && encoded->events == 0) {
      watch.next = next;
    } else if (encoded && watch.stream->takes(watch)) {
      watch.next = next;
      watch.stream->tell(watch, revision.header(), encoded->bytes, first.record.revision);
      told_events += encoded->events;
    } else {
      watch.next = first.seq();
      watch.stream->fall_behind(watch);
    }
  }
  counters_.events += told_events;
  group.handled(next.previous());
}

}  // namespace viaduct::v3
