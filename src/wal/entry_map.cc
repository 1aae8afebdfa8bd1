#include "wal/entry_map.h"

#include <algorithm>
#include <cassert>

namespace viaduct::wal {
namespace {

constexpr uint64_t kSpacingBytes = 64 << 10;

}  // namespace

void EntryMap::add(const Place& frame, Index last_before) {
  const bool replaces = frame.first <= last_before;
  while (!places_.empty() && places_.back().first >= frame.first) places_.pop_back();
  const bool is_near = !places_.empty() && places_.back().sequence == frame.sequence &&
                       frame.offset - places_.back().offset < kSpacingBytes;
  if (!is_near || replaces) places_.push_back(frame);  // a stretch holds no replaced entry after the one in its place
}

std::optional<Index> EntryMap::first() const {
  if (places_.empty()) return {};
  return places_.front().first;
}

Stretch EntryMap::find(Index index) const {
  const auto after = std::upper_bound(places_.begin(), places_.end(), index,
                                      [](Index wanted, const Place& place) { return wanted < place.first; });
  assert(after != places_.begin());
  Stretch stretch{*std::prev(after), {}};
  if (after != places_.end()) stretch.next = *after;
  return stretch;
}

void EntryMap::forget_segments_before(uint64_t sequence) {
  std::erase_if(places_, [=](const Place& place) { return place.sequence < sequence; });
}

}  // namespace viaduct::wal
