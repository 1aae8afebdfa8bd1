// /health as etcd 3.4 answers it, /livez and /readyz as 3.5 does (operations.md 7.1, 7.2).
// Threads: serve() on any loop. Ownership: borrow the engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/form.h"
#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

struct HealthCounts {
  std::atomic<uint64_t> success{0}, failures{0};
};

// GET /health[?serializable=true][&exclude=ALARM...]: no alarm, a leader, and a linearizable read within a second.
class Health final : public Endpoint {
 public:
  Health(v3bridge::Engine& engine, HealthCounts& counts) : engine_(engine), counts_(counts) {}
  void serve(Exchange&& exchange) override;

 private:
  void answer(Exchange& exchange, bool healthy, std::string_view reason);

  v3bridge::Engine& engine_;
  HealthCounts& counts_;
};

// /livez and /readyz, with /livez/CHECK, ?verbose and ?exclude=CHECK. "live" means the process can read its state;
// "ready" means it may be sent requests.
class Probe final : public Endpoint {
 public:
  enum class Kind { kLive, kReady };
  Probe(v3bridge::Engine& engine, Kind kind) : engine_(engine), kind_(kind) {}
  void serve(Exchange&& exchange) override;

 private:
  struct Check {
    std::string_view name;
    bool ok;
    std::string_view reason;
  };
  std::string_view route() const { return kind_ == Kind::kLive ? "/livez" : "/readyz"; }
  std::vector<Check> checks(bool linearizable_ok) const;
  void answer(Exchange& exchange, bool linearizable_ok) const;

  v3bridge::Engine& engine_;
  const Kind kind_;
};

}  // namespace viaduct::v2
