#include "store/range_watchers.h"

#include <cassert>

namespace viaduct::store {

namespace {

constexpr uint32_t kMaxGeneration = UINT32_MAX >> 1;

}  // namespace

RangeWatchers::Handle RangeWatchers::add(const KeyRange& range, const Watcher& watcher) {
  assert(!range.is_empty());
  RangeBucket& bucket = bucket_of(range);
  const uint32_t at = take_slot();
  Slot& slot = slots_[at];
  const uint32_t generation = slot.generation < kMaxGeneration ? slot.generation + 1 : 1;
  slot = {.watcher = watcher, .bucket = &bucket, .next = bucket.head, .previous = kNone, .generation = generation};
  if (bucket.head != kNone) slots_[bucket.head].previous = at;
  bucket.head = at;
  ++size_;
  return uint64_t{generation} << 32 | at;
}

bool RangeWatchers::remove(Handle handle) {
  const uint32_t at = static_cast<uint32_t>(handle);
  if (at >= slots_.size()) return false;
  Slot& slot = slots_[at];
  if (!slot.bucket || slot.generation != handle >> 32) return false;
  RangeBucket& bucket = *slot.bucket;
  (slot.previous == kNone ? bucket.head : slots_[slot.previous].next) = slot.next;
  if (slot.next != kNone) slots_[slot.next].previous = slot.previous;
  slot.bucket = nullptr;
  slot.next = free_;
  free_ = at;
  --size_;
  if (bucket.head == kNone) erase_bucket(bucket);
  return true;
}

RangeBucket& RangeWatchers::bucket_of(const KeyRange& range) {
  if (!range.is_single()) return ranges_.insert(range);
  const auto found = singles_.find(absl::string_view(range.key.data(), range.key.size()));
  if (found != singles_.end()) return *found->second;
  auto bucket = std::make_unique<RangeBucket>(RangeBucket{range});
  const absl::string_view name(bucket->range.key.data(), bucket->range.key.size());
  return *singles_.emplace(name, std::move(bucket)).first->second;
}

void RangeWatchers::erase_bucket(const RangeBucket& bucket) {
  if (!bucket.range.is_single()) return ranges_.erase(bucket.range);
  singles_.erase(singles_.find(absl::string_view(bucket.range.key.data(), bucket.range.key.size())));
}

uint32_t RangeWatchers::take_slot() {
  if (free_ == kNone) {
    assert(slots_.size() < kNone);
    slots_.emplace_back();
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t at = free_;
  free_ = slots_[at].next;
  return at;
}

}  // namespace viaduct::store
