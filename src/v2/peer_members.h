// The peer port's /members (v2-api.md 3.4): what joining members and v2 proxies read. Ids are decimal numbers here.
// Threads: serve() on any loop. Ownership: borrows the engine.
#pragma once

#include <string>

#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

std::string peer_members_json(const v3bridge::Engine& engine);  // and a line feed

class PeerMembers final : public Endpoint {
 public:
  explicit PeerMembers(v3bridge::Engine& engine) : engine_(engine) {}
  void serve(Exchange&& exchange) override;

 private:
  v3bridge::Engine& engine_;
};

}  // namespace viaduct::v2
