// What the options of a RangeRequest come to (v3-api.md 2.4).
#pragma once

#include <algorithm>
#include <limits>

#include "etcdserverpb/rpc.pb.h"
#include "v3bridge/key_source.h"

namespace viaduct::v3bridge {

inline bool has_filter(const etcdserverpb::RangeRequest& request) {
  return request.min_mod_revision() != 0 || request.max_mod_revision() != 0 || request.min_create_revision() != 0 ||
         request.max_create_revision() != 0;
}

inline bool passes(const etcdserverpb::RangeRequest& request, const KeyRow& row) {
  const auto within = [](Revision revision, int64_t min, int64_t max) {
    const auto number = static_cast<int64_t>(revision.value);
    return (min == 0 || number >= min) && (max == 0 || number <= max);
  };
  return within(row.mod_revision, request.min_mod_revision(), request.max_mod_revision()) &&
         within(row.create_revision, request.min_create_revision(), request.max_create_revision());
}

inline Detail detail_of(const etcdserverpb::RangeRequest& request) {
  const bool values = !request.keys_only() || request.sort_target() == etcdserverpb::RangeRequest::VALUE;
  return values ? Detail::kAll : Detail::kAllButValues;
}

// An order that is not declared is none.
inline bool is_in_key_order(const etcdserverpb::RangeRequest& request) {
  return request.sort_target() == etcdserverpb::RangeRequest::KEY &&
         request.sort_order() != etcdserverpb::RangeRequest::DESCEND;
}

// 0: now. That is what a revision below 0 means, too.
inline Revision named_revision(const etcdserverpb::RangeRequest& request) {
  return Revision(static_cast<uint64_t>(std::max<int64_t>(request.revision(), 0)));
}

// At most so many rows are asked for; the greatest number if there is no limit.
inline uint64_t limit_of(const etcdserverpb::RangeRequest& request) {
  return request.limit() > 0 ? static_cast<uint64_t>(request.limit()) : std::numeric_limits<uint64_t>::max();
}

}  // namespace viaduct::v3bridge
