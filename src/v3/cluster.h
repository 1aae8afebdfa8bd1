// The Cluster service (v3-api.md 2.8) of a cluster of one: it lists and checks as etcd does; what would need further
// members is refused as not implemented.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Says whether a text is the URL of a peer.
using CheckUrl = std::function<Result<void>(const std::string&)>;

// Borrows the engine.
void add_cluster_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, CheckUrl check_url);

}  // namespace viaduct::v3
