#include "store/value_cache.h"

namespace viaduct::store {
namespace {

constexpr uint64_t kOverheadBytes = 16;  // the blob's head and what the allocator adds
constexpr uint64_t kStepsPerValue = 64;  // so at least one value in so many keys may be in memory
constexpr uint64_t kMinimumSteps = 256;

}  // namespace

void ValueCache::added(const Blob& value) {
  if (!value) return;
  bytes_ += value.size() + kOverheadBytes;
  ++added_;
}

void ValueCache::removed(const Blob& value) {
  if (value) bytes_ -= value.size() + kOverheadBytes;
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
