// The peer port's POST /members/promote/<decimal id> (operations.md 2.12): members of a cluster ask each other's leader
// by it to give a learner its vote. Any member serves it here, since commands find the leader by themselves.
// Threads: serve() on any loop. Ownership: borrows the engine.
#pragma once

#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

inline constexpr const char* kPromotionRoute = "/members/promote";

class PeerPromotion final : public Endpoint {
 public:
  explicit PeerPromotion(v3bridge::Engine& engine) : engine_(engine) {}
  void serve(Exchange&& exchange) override;

 private:
  class Promoted;

  v3bridge::Engine& engine_;
};

}  // namespace viaduct::v2
