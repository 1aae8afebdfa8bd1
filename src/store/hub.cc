#include "store/hub.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/node_hash_map.h>

#include <algorithm>
#include <cassert>
#include <deque>
#include <mutex>
#include <utility>

#include "store/path.h"
#include "store/range_watchers.h"

namespace viaduct::store {
namespace {

using Slot = uint32_t;
constexpr Slot kNone = UINT32_MAX;
constexpr Hub::WatchId kRangeBit = uint64_t{1} << 63;  // set in the ids of range watches
constexpr uint32_t kMaxGeneration = UINT32_MAX >> 1;   // so that it is clear in all others

// Abseil's hash tables look strings up by its own view type.
absl::string_view view(std::string_view name) { return {name.data(), name.size()}; }

// Watchers of one name, in two lists: those of the name alone, and those of all below it as well.
struct Bucket {
  Slot exact = kNone;
  Slot subtree = kNone;

  Slot& head(bool is_subtree) { return is_subtree ? subtree : exact; }
  bool empty() const { return exact == kNone && subtree == kNone; }
};
using Buckets = absl::node_hash_map<std::string, Bucket>;  // stays where it is: watchers point to their pair

struct Watcher {
  Buckets::value_type* bucket = nullptr;  // null: the slot is free, `next` leads to the next free one
  Seq from;
  uint64_t token = 0;
  WatchSink* sink = nullptr;
  Hub::Filter filter = nullptr;
  Slot next = kNone, previous = kNone;
  uint32_t generation = 0;  // tells apart the watchers that a slot held one after another
  bool subtree = false;
  bool once = false;
};

// What each sink gets of one publish(), sinks in the order of their first delivery.
class Deliveries {
 public:
  void add(WatchSink* sink, Delivery delivery) {
    if (!last_ || last_->first != sink) last_ = &find(sink);
    last_->second.push_back(std::move(delivery));
  }
  void send() {
    for (auto& [sink, deliveries] : per_sink_) sink->deliver(std::move(deliveries));
  }

 private:
  using PerSink = std::pair<WatchSink*, std::vector<Delivery>>;
  PerSink& find(WatchSink* sink) {
    const auto [found, is_new] = index_.try_emplace(sink, per_sink_.size());
    if (is_new) per_sink_.emplace_back(sink, std::vector<Delivery>());
    return per_sink_[found->second];
  }

  std::deque<PerSink> per_sink_;
  absl::flat_hash_map<WatchSink*, size_t> index_;
  PerSink* last_ = nullptr;
};

}  // namespace

struct Hub::Impl {
  mutable std::mutex mutex;
  Buckets buckets;
  std::deque<Watcher> slots;
  Slot free = kNone;
  size_t size = 0;
  RangeWatchers ranges;
  Seq published;
  Seq delivered;
  std::vector<std::pair<WatchSink*, Seq>> waiting;  // for `delivered` to be at least that; a few

  std::vector<WatchSink*> advance_delivered(Seq last);
  std::vector<WatchSink*> sinks_behind(Seq last) const;

  Slot take_slot();
  void unlink(Slot slot);
  void offer(const EventPtr& event, Deliveries& deliveries);
  void offer_names(const EventPtr& event, Deliveries& deliveries);
  void offer_list(const EventPtr& event, Buckets::value_type& bucket, bool subtree, Deliveries& deliveries);
  void offer_name(const EventPtr& event, std::string_view name, Deliveries& deliveries);
};

Slot Hub::Impl::take_slot() {
  if (free == kNone) {
    assert(slots.size() < kNone);
    slots.emplace_back();
    return static_cast<Slot>(slots.size() - 1);
  }
  const Slot slot = free;
  free = slots[slot].next;
  return slot;
}

void Hub::Impl::unlink(Slot slot) {
  Watcher& watcher = slots[slot];
  Slot& after_previous =
      watcher.previous == kNone ? watcher.bucket->second.head(watcher.subtree) : slots[watcher.previous].next;
  after_previous = watcher.next;
  if (watcher.next != kNone) slots[watcher.next].previous = watcher.previous;
  watcher.bucket = nullptr;
  watcher.next = free;
  free = slot;
  --size;
}

void Hub::Impl::offer_list(const EventPtr& event, Buckets::value_type& bucket, bool subtree, Deliveries& deliveries) {
  Filter asked = nullptr;  // neighbours mostly share their filter: its answer is kept
  bool wanted = true;
  for (Slot slot = bucket.second.head(subtree); slot != kNone;) {
    Watcher& watcher = slots[slot];
    const Slot next = watcher.next;
    if (watcher.filter != asked) {
      asked = watcher.filter;
      wanted = !asked || asked(*event, bucket.first, subtree);
    }
    if (wanted && watcher.from <= event->seq()) {
      deliveries.add(watcher.sink, {watcher.token, event});
      if (watcher.once) unlink(slot);
    }
    slot = next;
  }
}

void Hub::Impl::offer_name(const EventPtr& event, std::string_view name, Deliveries& deliveries) {
  const auto found = buckets.find(view(name));
  if (found == buckets.end()) return;
  offer_list(event, *found, false, deliveries);
  offer_list(event, *found, true, deliveries);
  if (found->second.empty()) buckets.erase(found);
}

void Hub::Impl::offer(const EventPtr& event, Deliveries& deliveries) {
  if (size > 0) offer_names(event, deliveries);
  if (ranges.empty()) return;
  ranges.offer(*event, [&](const RangeWatchers::Watcher& watcher) {
    deliveries.add(watcher.sink, {watcher.token, event});
  });
}

void Hub::Impl::offer_names(const EventPtr& event, Deliveries& deliveries) {
  const Record& record = event->record;
  offer_name(event, record.key, deliveries);
  for (size_t slash = record.key.rfind('/'); slash != std::string::npos; slash = record.key.rfind('/', slash - 1)) {
    const auto ancestor = buckets.find(view(record.key).substr(0, slash));
    if (ancestor != buckets.end()) {
      offer_list(event, *ancestor, true, deliveries);
      if (ancestor->second.empty()) buckets.erase(ancestor);
    }
    if (slash == 0) break;
  }
  if (record.family != Family::kDirectory || !record.tombstone) return;
  std::string_view last;  // a directory and the key that it shadowed have one name, and follow each other
  for (const Record& companion : event->companions) {
    if (companion.key == last || !is_below(companion.key, record.key)) continue;
    last = companion.key;
    offer_name(event, companion.key, deliveries);
  }
}

Hub::Hub() : impl_(std::make_unique<Impl>()) {}

Hub::~Hub() = default;

Hub::WatchId Hub::add(Watch watch) {
  Impl& impl = *impl_;
  const std::lock_guard lock(impl.mutex);
  if (watch.from <= impl.published) return 0;
  const Slot slot = impl.take_slot();
  Watcher& watcher = impl.slots[slot];
  const auto bucket = impl.buckets.try_emplace(std::move(watch.name)).first;
  Slot& head = bucket->second.head(watch.subtree);
  watcher = {.bucket = &*bucket,
             .from = watch.from,
             .token = watch.token,
             .sink = watch.sink,
             .filter = watch.filter,
             .next = head,
             .previous = kNone,
             .generation = watcher.generation < kMaxGeneration ? watcher.generation + 1 : 1,
             .subtree = watch.subtree,
             .once = watch.once};
  if (head != kNone) impl.slots[head].previous = slot;
  head = slot;
  ++impl.size;
  return uint64_t{watcher.generation} << 32 | slot;
}

Hub::WatchId Hub::add(const RangeWatch& watch) {
  const std::lock_guard lock(impl_->mutex);
  if (watch.from <= impl_->published) return 0;
  return kRangeBit | impl_->ranges.add(watch.range, {.from = watch.from, .token = watch.token, .sink = watch.sink});
}

void Hub::remove(WatchId id) {
  Impl& impl = *impl_;
  const std::lock_guard lock(impl.mutex);
  if (id & kRangeBit) {
    impl.ranges.remove(id & ~kRangeBit);
    return;
  }
  const Slot slot = static_cast<Slot>(id);
  if (slot >= impl.slots.size()) return;
  const Watcher& watcher = impl.slots[slot];
  Buckets::value_type* const bucket = watcher.bucket;
  if (!bucket || watcher.generation != id >> 32) return;
  impl.unlink(slot);
  if (bucket->second.empty()) impl.buckets.erase(impl.buckets.find(bucket->first));
}

Seq Hub::published() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->published;
}

size_t Hub::size() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->size + impl_->ranges.size();
}

Seq Hub::delivered() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->delivered;
}

bool Hub::tell_delivered(Seq seq, WatchSink& sink) {
  const std::lock_guard lock(impl_->mutex);
  if (seq <= impl_->delivered) return false;
  auto& waiting = impl_->waiting;
  const auto known = std::ranges::find(waiting, &sink, &std::pair<WatchSink*, Seq>::first);
  if (known == waiting.end())
    waiting.emplace_back(&sink, seq);
  else
    known->second = std::min(known->second, seq);
  return true;
}

// Says who waited for that, the first to come first.
std::vector<WatchSink*> Hub::Impl::advance_delivered(Seq last) {
  const std::lock_guard lock(mutex);
  delivered = last;
  std::vector<WatchSink*> sinks;
  std::erase_if(waiting, [&](const auto& one) {
    if (one.second <= last) sinks.push_back(one.first);
    return one.second <= last;
  });
  return sinks;
}

void Hub::publish(std::span<const EventPtr> events, Seq last) {
  Deliveries deliveries;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const EventPtr& event : events) impl_->offer(event, deliveries);
    impl_->published = last;
  }
  deliveries.send();
  for (WatchSink* sink : impl_->advance_delivered(last)) sink->delivered(last);
}

// Those of watchers that want an event at or below `last`, each once.
std::vector<WatchSink*> Hub::Impl::sinks_behind(Seq last) const {
  absl::flat_hash_set<WatchSink*> known;
  std::vector<WatchSink*> sinks;
  const auto add = [&](Seq from, WatchSink* sink) {
    if (from <= last && known.insert(sink).second) sinks.push_back(sink);
  };
  for (const Watcher& watcher : slots) {
    if (watcher.bucket) add(watcher.from, watcher.sink);
  }
  ranges.each([&](const RangeWatchers::Watcher& watcher) { add(watcher.from, watcher.sink); });
  return sinks;
}

void Hub::jump(Seq last) {
  std::vector<WatchSink*> behind;
  Seq from;
  {
    const std::lock_guard lock(impl_->mutex);
    if (last <= impl_->published) return;
    behind = impl_->sinks_behind(last);
    from = impl_->published.next();
    impl_->published = last;
  }
  for (WatchSink* sink : behind) sink->missed(from);
  for (WatchSink* sink : impl_->advance_delivered(last)) sink->delivered(last);
}

}  // namespace viaduct::store
