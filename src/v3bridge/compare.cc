#include "v3bridge/compare.h"

#include <algorithm>
#include <compare>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::Compare;

// A member of the union that belongs to another target reads as zero here, and so does one that is not there.
std::strong_ordering order(const Compare& compare, const KeyRow& row) {
  const auto with = [](uint64_t is, int64_t wanted) { return static_cast<int64_t>(is) <=> wanted; };
  switch (compare.target()) {
    case Compare::VERSION:
      return with(row.version, compare.version());
    case Compare::CREATE:
      return with(row.create_revision.value, compare.create_revision());
    case Compare::MOD:
      return with(row.mod_revision.value, compare.mod_revision());
    case Compare::VALUE:
      return row.value <=> compare.value();
    case Compare::LEASE:
      return with(row.lease.value, compare.lease());
    default:
      return std::strong_ordering::equal;
  }
}

bool holds(const Compare& compare, const KeyRow& row) {
  const std::strong_ordering ordering = order(compare, row);
  switch (compare.result()) {
    case Compare::EQUAL:
      return ordering == 0;
    case Compare::GREATER:
      return ordering > 0;
    case Compare::LESS:
      return ordering < 0;
    case Compare::NOT_EQUAL:
      return ordering != 0;
    default:
      return true;
  }
}

bool holds(KeySource& source, const Compare& compare) {
  const Detail detail = compare.target() == Compare::VALUE ? Detail::kAll : Detail::kAllButValues;
  bool found = false, held = true;
  source.each(KeyRangeView{compare.key(), compare.range_end()}, Revision(), detail, [&](const KeyRow& row) {
    found = true;
    return held = holds(compare, row);
  });
  if (found) return held;
  // No key: one that was never written, except that it has no value to compare with.
  return compare.target() != Compare::VALUE && holds(compare, KeyRow());
}

}  // namespace

bool all_hold(KeySource& source, const google::protobuf::RepeatedPtrField<Compare>& compares) {
  return std::all_of(compares.begin(), compares.end(), [&](const Compare& c) { return holds(source, c); });
}

}  // namespace viaduct::v3bridge
