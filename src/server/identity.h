// Who a member is and where it comes from. Ids are derived as etcd derives them (operations.md 2.4), so that tools that
// compare or compute ids agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "server/founding.h"

namespace viaduct::server {

struct Identity {
  ClusterId cluster;
  MemberId member;
  Founding founding = {};

  bool operator==(const Identity&) const = default;
};

// SHA-1 over the sorted URLs, the cluster's token and, for a member added to a running cluster (whose token is then
// empty), the time in decimal; the first eight bytes, big-endian.
MemberId derive_member_id(std::vector<std::string> peer_urls, const std::string& token,
                          std::optional<int64_t> added_unix_seconds = std::nullopt);

// The id of a member that is added to the running cluster at this moment. Two with the same URLs within one second get
// the same id, as in etcd.
MemberId derive_added_member_id(std::vector<std::string> peer_urls, const Clock& clock);

// SHA-1 over all founding members' ids in ascending order, eight big-endian bytes each; its first eight bytes.
ClusterId derive_cluster_id(std::vector<MemberId> members);

}  // namespace viaduct::server
