// The Cluster service (v3-api.md 2.8): requests are checked here, changes by the leader and where they are applied.
// Differs from etcd on purpose: a change that finds no quorum ends with the node's request timeout, like any write;
// etcd's never ends. An update to no URLs is refused.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Says whether a text is the URL of a peer.
using CheckUrl = std::function<Result<void>(const std::string&)>;

// The id of a member that is added now, with these peer URLs.
using MakeMemberId = std::function<MemberId(const std::vector<std::string>&)>;

// Borrows the engine.
void add_cluster_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, CheckUrl check_url,
                         MakeMemberId make_id);

}  // namespace viaduct::v3
