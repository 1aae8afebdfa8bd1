// What must hold before a member is made; of no interest to one that exists (operations.md 2.5, 2.6).
// Errors: kInvalidArgument with etcd's texts.
#pragma once

#include <string>

#include "base/result.h"
#include "server/config.h"
#include "server/identity.h"
#include "server/url_match.h"

namespace viaduct::server {

// A founder: its name is in the initial cluster, with the addresses that it advertises, and no address is there twice.
Result<void> check_new_member(const Config& config, const ResolveHost& resolve);

// One that joins: the same, but for what it advertises, which the cluster knows already.
Result<void> check_joining_member(const Config& config);

// The founder called `name`, and who founds with it.
Result<Identity> founder(const InitialCluster& cluster, const std::string& name, const std::string& token);

// name=url,... as --initial-cluster has it.
std::string initial_cluster_text(const InitialCluster& cluster);

// The addresses of one member.
Urls urls_of(const InitialCluster& cluster, const std::string& name);

}  // namespace viaduct::server
