// A running cluster, as its members tell of it on their peer ports (GET /members, operations.md 2.12).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "server/outside.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

struct RemoteCluster {
  ClusterId id;
  std::vector<v3bridge::Member> members;  // by id
};

// What the first of `urls` that answers says; nothing when none does. `audible`: failures are worth a warning.
std::optional<RemoteCluster> ask_for_cluster(const std::vector<std::string>& urls, std::chrono::milliseconds timeout,
                                             bool audible, const Ask& ask);

// Etcd's way to show it in messages.
std::string show(const RemoteCluster& cluster);

// Errors: kInvalidArgument for what is no answer of a member.
Result<RemoteCluster> parse_cluster(const peer::HttpReply& reply);

}  // namespace viaduct::server
