// Joining a cluster that knows this member's addresses already (operations.md 2.6): who is who in --initial-cluster is
// found out from the members that run, and this member's id is the one it was added with.
#pragma once

#include "base/result.h"
#include "server/config.h"
#include "server/identity.h"
#include "server/outside.h"
#include "server/remote_cluster.h"

namespace viaduct::server {

// Errors: kInvalidArgument and kUnavailable with etcd's texts.
Result<Identity> join_cluster(const Config& config, const Outside& outside);

// What a member that joins `cluster` as `self` keeps: whom to ask for the log.
Identity joiner(const RemoteCluster& cluster, MemberId self);

// Whether members of that version may be joined. Errors: etcd's text, for what is no viaduct as well.
Result<void> check_versions(const RemoteCluster& cluster, const std::string& own_version, const Ask& ask);

}  // namespace viaduct::server
