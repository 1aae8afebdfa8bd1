#include "v3bridge/live_keys.h"

namespace viaduct::v3bridge {

using store::Entry;
using store::Family;
using store::Store;

namespace {

constexpr size_t kMaxRangeBytes = 1 << 20;  // of values, which are copied under the lock

}  // namespace

void LiveKeys::each(const KeyRangeView& range, Revision at, Detail detail, const Visit& visit) {
  gave_up_ = gave_up_ || (at && at != now_.revision);
  if (gave_up_ || range.is_empty()) return;
  const bool with_value = detail == Detail::kAll;
  if (range.is_single()) {
    const Entry* const entry = store_.find(Family::kKey, range.key);
    if (!entry) return;
    if (with_value) entry->mark_used();
    gave_up_ = (with_value && !entry->value()) || ++steps_ > Store::kSliceNodes;
    if (!gave_up_) visit(row_of(*entry, entry->value().view()));
    return;
  }
  if (!fits(range, detail)) return;
  store_.scan(Family::kKey, range.key, range.scan_end(), [&](const Entry& entry) {
    if (with_value) entry.mark_used();
    return visit(row_of(entry, with_value ? entry.value().view() : std::string_view()));
  });
}

uint64_t LiveKeys::count(const KeyRangeView& range, Revision at) {
  uint64_t count = 0;
  each(range, at, Detail::kAllButValues, [&](const KeyRow&) { return ++count, true; });
  return count;
}

// Looked at beforehand, so that nothing is copied in vain.
bool LiveKeys::fits(const KeyRangeView& range, Detail detail) {
  const bool with_values = detail == Detail::kAll;
  store_.scan(Family::kKey, range.key, range.scan_end(), [&](const Entry& entry) {
    if (with_values) value_bytes_ += entry.value().size();
    gave_up_ = ++steps_ > Store::kSliceNodes || value_bytes_ > kMaxRangeBytes || (with_values && !entry.value());
    return !gave_up_;
  });
  return !gave_up_;
}

}  // namespace viaduct::v3bridge
