// The discovery service of clusters that are to be founded (v2-api.md 4.1): GET /new?size=N makes a token, a directory
// of the key space below _etcd/registry that says how many members are wanted, and answers its URL. Members then use it
// with the key API; the token alone, /<token>, stands for the directory as well, as at the public service.
// Threads: serve() on any loop.
#pragma once

#include <mutex>
#include <string>

#include "base/random.h"
#include "v2/exchange.h"
#include "v3bridge/engine.h"

namespace viaduct::v2 {

inline constexpr uint64_t kDefaultDiscoverySize = 3;
inline constexpr uint64_t kMostDiscoverySize = 1000;

// GET /new
class NewToken final : public Endpoint {
 public:
  // Both borrowed; `random` is drawn from under a lock.
  NewToken(v3bridge::Engine& engine, Random& random) : engine_(engine), random_(random) {}
  void serve(Exchange&& exchange) override;

 private:
  class Made;
  std::string make_token();

  v3bridge::Engine& engine_;
  std::mutex mutex_;
  Random& random_;
};

// /<token> and below; 404 for any other path. The route behind all others.
class TokenAlone final : public Endpoint {
 public:
  explicit TokenAlone(Endpoint& keys) : keys_(keys) {}  // borrowed
  void serve(Exchange&& exchange) override;

 private:
  Endpoint& keys_;
};

}  // namespace viaduct::v2
