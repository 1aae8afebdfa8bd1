// 0.4's way into a running cluster, -peers: a new member asks members that it is told of to take it in. What it took
// one request then is done as an operator does it today: the member is added by way of /v2/members, and then joins.
#pragma once

#include "base/result.h"
#include "server/config.h"
#include "server/identity.h"
#include "server/outside.h"

namespace viaduct::server {

// Tries as often as the configuration says. Errors: kUnavailable with the last reason; kInvalidArgument when its
// addresses are those of a member that has run already.
Result<Identity> join_by_peers(const Config& config, const Outside& outside);

}  // namespace viaduct::server
