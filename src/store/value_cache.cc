#include "store/value_cache.h"

namespace viaduct::store {
namespace {

constexpr uint64_t kOverheadBytes = 16;  // the blob's head and what the allocator adds
constexpr uint64_t kStepsPerValue = 64;  // so at least one value in so many keys may be in memory
constexpr uint64_t kMinimumSteps = 256;
constexpr size_t kMaxOffers = 256;
constexpr uint64_t kMaxOfferedBytes = 4 << 20;

}  // namespace

void ValueCache::added(const Blob& value) {
  if (!value) return;
  bytes_ += value.size() + kOverheadBytes;
  ++added_;
}

void ValueCache::removed(const Blob& value) {
  if (value) bytes_ -= value.size() + kOverheadBytes;
}

void ValueCache::offer(const Record& record) {
  if (record.family == Family::kDirectory || record.tombstone) return;
  const std::lock_guard guard(offers_mutex_);
  if (offers_.size() >= kMaxOffers || offered_bytes_ + record.value.size() > kMaxOfferedBytes) return;
  offered_bytes_ += record.value.size();
  offers_.push_back(record);
}

void ValueCache::admit(KeyIndex& keys) {
  std::vector<Record> offers;
  {
    const std::lock_guard guard(offers_mutex_);
    offers.swap(offers_);
    offered_bytes_ = 0;
  }
  for (const Record& record : offers) {
    Entry* const entry = keys.find(record.key);
    if (!entry || entry->id() != record.id || entry->value()) continue;
    entry->set_value(record.value);
    entry->mark_used();
    added(record.value);
  }
}

void ValueCache::evict(KeyIndex& keys, Seq written) {
  uint64_t steps = kMinimumSteps + kStepsPerValue * added_;
  added_ = 0;
  if (bytes_ <= limit_bytes_ || keys.live().empty()) return;
  auto at = keys.live().lower_bound(std::string_view(hand_));
  for (; bytes_ > limit_bytes_ && steps > 0; --steps) {
    if (at == keys.live().end()) at = keys.live().begin();
    Entry& entry = **at++;
    if (!entry.value() || entry.id().seq > written || entry.take_used()) continue;
    removed(entry.value());
    entry.set_value(Blob());
  }
  hand_ = at == keys.live().end() ? std::string_view() : (*at)->key();
}

}  // namespace viaduct::store
