// The hub's watchers of ranges of v3 keys. Single keys are found by hash, ranges through an interval tree; watchers of
// the same range share one bucket.
// Threads: none of its own; the hub's lock guards it.
// Bounds:  a search costs O(log n) for each range that holds the key, and a step for each watcher of it.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "store/interval_tree.h"
#include "store/record.h"

namespace viaduct::store {

class WatchSink;

class RangeWatchers {
 public:
  struct Watcher {
    Seq from;  // first seq not offered yet
    uint64_t token = 0;
    WatchSink* sink = nullptr;
  };
  using Handle = uint64_t;  // never means another watcher later; below 2^63, never 0

  Handle add(const KeyRange& range, const Watcher& watcher);
  bool remove(Handle handle);  // false: gone already
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  template <typename Visit>
  void each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.bucket) visit(slot.watcher);
    }
  }

  // Calls deliver(const Watcher&) once for each watcher that wants the event: some key record of it is in the range.
  template <typename Deliver>
  void offer(const Event& event, const Deliver& deliver) {
    offer_record(event.record, event.seq(), deliver);
    for (const Record& companion : event.companions) offer_record(companion, event.seq(), deliver);
  }

 private:
  static constexpr uint32_t kNone = RangeBucket::kEnd;

  struct Slot {
    Watcher watcher;
    RangeBucket* bucket = nullptr;  // null: free, and `next` leads to the next free one
    uint32_t next = kNone, previous = kNone;
    uint32_t generation = 0;  // tells apart the watchers that a slot held one after another
  };

  template <typename Deliver>
  void offer_record(const Record& record, Seq seq, const Deliver& deliver) {
    if (record.family != Family::kKey) return;
    const auto offer_bucket = [&](const RangeBucket& bucket) {
      for (uint32_t at = bucket.head; at != kNone; at = slots_[at].next) {
        Watcher& watcher = slots_[at].watcher;
        if (watcher.from > seq) continue;
        watcher.from = seq.next();
        deliver(watcher);
      }
    };
    const auto single = singles_.find(absl::string_view(record.key.data(), record.key.size()));
    if (single != singles_.end()) offer_bucket(*single->second);
    ranges_.each_holding(record.key, offer_bucket);
  }

  RangeBucket& bucket_of(const KeyRange& range);
  void erase_bucket(const RangeBucket& bucket);
  uint32_t take_slot();

  absl::flat_hash_map<absl::string_view, std::unique_ptr<RangeBucket>> singles_;  // the name is the bucket's own
  IntervalTree ranges_;
  std::deque<Slot> slots_;
  uint32_t free_ = kNone;
  size_t size_ = 0;
};

}  // namespace viaduct::store
