// /debug/vars: command line, descriptors, memory and raft's state as etcd shows them (v2-api.md 3.4); of Go's memstats
// those that an allocator without a collector has.
// Threads: serve() on any loop; the answer is made on a reader thread. Ownership: borrows the node.
#pragma once

#include <string>

#include "server/node.h"
#include "v2/exchange.h"

namespace viaduct::server {

class DebugVars final : public v2::Endpoint {
 public:
  explicit DebugVars(Node& node) : node_(node) {}
  void serve(v2::Exchange&& exchange) override;

 private:
  std::string json() const;
  std::string raft_status() const;

  Node& node_;
};

}  // namespace viaduct::server
