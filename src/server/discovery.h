// Founding a cluster with members that nobody knows yet: each registers with a discovery service, which is a v2 key
// space, and waits until as many are there as the service was told to expect (operations.md 2.7, v2-api.md 4.1).
// Errors: kInvalidArgument with etcd's texts, "discovery: cluster is full" among them as kAlreadyExists.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "server/config.h"
#include "server/outside.h"

namespace viaduct::server {

inline constexpr std::string_view kDiscoveryDuplicateId = "discovery: found duplicate id";
inline constexpr std::string_view kDiscoveryDuplicateName = "discovery: found duplicate name";

// Registers `self`, whose value is name=url,..., and returns the initial cluster that has come about: the first members
// by registration. Waits for the others, and for a service that cannot be reached, as long as it takes.
Result<InitialCluster> discover(const std::string& url, MemberId self, const std::string& value,
                                const Outside& outside);

}  // namespace viaduct::server
