// The small read-only routes: who is there and which version (v2-api.md 3.3, 3.4).
// Threads: serve() on any loop. Ownership: borrow the engine.
#pragma once

#include <string>

#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

// /v2/machines: client URLs of all members, sorted, joined with ", ".
class Machines final : public Endpoint {
 public:
  explicit Machines(v3bridge::Engine& engine) : engine_(engine) {}
  void serve(Exchange&& exchange) override;

 private:
  v3bridge::Engine& engine_;
};

// /version: the etcd version that clients are told, and the cluster's.
class Version final : public Endpoint {
 public:
  Version(v3bridge::Engine& engine, std::string etcd_version)
      : engine_(engine), etcd_version_(std::move(etcd_version)) {}
  void serve(Exchange&& exchange) override;

 private:
  v3bridge::Engine& engine_;
  const std::string etcd_version_;
};

// /config/local/log: PUT {"Level":"DEBUG"} changes the log level of this process.
class LogLevel final : public Endpoint {
 public:
  void serve(Exchange&& exchange) override;
};

}  // namespace viaduct::v2
