// The front door of the client port: what happens to every request before an endpoint sees it, in etcd's order
// (v2-api.md 0.1): Host check, CORS, OPTIONS, clean path, route, method.
// Threads: routes are added before the loops start; handle() on any loop.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/handler.h"
#include "v2/exchange.h"
#include "v2/stats.h"

namespace viaduct::v2 {

struct FrontOptions {
  std::vector<std::string> cors;            // {"*"}: any origin
  std::vector<std::string> host_whitelist;  // empty or with "*": any host
  uint64_t body_limit_bytes = net::kDefaultBodyLimitBytes;
};

class Front final : public net::Handler {
 public:
  Front(FrontOptions options, LimitCounts& limits);  // borrows `limits`

  // `allow` lists the methods as the Allow header spells them, "GET,HEAD"; empty: any method.
  // A subtree route answers for `path` itself and for all below "path/". The endpoint is borrowed.
  void add(std::string path, std::string allow, Endpoint& endpoint);
  void add_subtree(std::string path, std::string allow, Endpoint& endpoint);

  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;
  net::BodyPlan body_plan(const net::Request& head) const override;

 private:
  struct Route {
    std::string path;
    bool subtree;
    std::string allow;
    Endpoint* endpoint;
  };

  bool is_host_allowed(const net::Request& request) const;
  bool add_cors(const net::Request& request, net::ReplyHeaders& headers) const;
  const Route* find_route(std::string_view path) const;
  static bool allows(const Route& route, std::string_view method);

  FrontOptions options_;
  LimitCounts& limits_;
  bool any_origin_, any_host_;
  net::ReplyHeaders cors_any_;
  std::vector<Route> routes_;
};

}  // namespace viaduct::v2
