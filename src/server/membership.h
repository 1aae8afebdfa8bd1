// The members as raft and the links want them.
#pragma once

#include <utility>
#include <vector>

#include "peer/transport.h"
#include "raft/configuration.h"
#include "v3bridge/membership.h"

namespace viaduct::server {

inline raft::Configuration configuration_of(const std::vector<v3bridge::Member>& members) {
  v3bridge::Roles roles = v3bridge::roles_of(members);
  return {std::move(roles.voters), {}, std::move(roles.learners)};
}

// Everyone else.
inline std::vector<peer::Peer> peers_of(const std::vector<v3bridge::Member>& members, MemberId self) {
  std::vector<peer::Peer> peers;
  for (const v3bridge::Member& member : members) {
    if (member.id != self) peers.push_back({member.id, member.peer_urls});
  }
  return peers;
}

}  // namespace viaduct::server
