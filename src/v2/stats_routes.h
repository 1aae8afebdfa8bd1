// /v2/stats/{self,leader,store} (v2-api.md 3.2).
// Threads: serve() on any loop. Ownership: borrow engine, clock and stats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "v2/exchange.h"
#include "v2/stats.h"
#include "v2/traffic_rates.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

std::string_view role_name(v3bridge::RaftRole role);  // "StateLeader"

class SelfStats final : public Endpoint {
 public:
  SelfStats(v3bridge::Engine& engine, const Clock& clock, std::string name, int64_t start_wall_ns)
      : engine_(engine),
        clock_(clock),
        name_(std::move(name)),
        start_wall_ns_(start_wall_ns),
        meter_(clock.monotonic()) {}
  void serve(Exchange&& exchange) override;

 private:
  v3bridge::Engine& engine_;
  const Clock& clock_;
  const std::string name_;
  const int64_t start_wall_ns_;
  TrafficMeter meter_;
};

class LeaderStats final : public Endpoint {
 public:
  explicit LeaderStats(v3bridge::Engine& engine) : engine_(engine) {}
  void serve(Exchange&& exchange) override;

 private:
  v3bridge::Engine& engine_;
};

class StoreStats final : public Endpoint {
 public:
  StoreStats(v3bridge::Engine& engine, const KeyStats& stats) : engine_(engine), stats_(stats) {}
  void serve(Exchange&& exchange) override;

 private:
  v3bridge::Engine& engine_;
  const KeyStats& stats_;
};

}  // namespace viaduct::v2
