// What happens to a request of the v2 API before an endpoint sees it, in etcd's order (v2-api.md 0.1): what
// net/site_access.h says, clean path, route, method.
// Threads: routes are added before the loops start; handle() on any loop.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/handler.h"
#include "net/site_access.h"
#include "v2/exchange.h"

namespace viaduct::v2 {

class Front final : public net::Handler {
 public:
  explicit Front(const net::SiteAccess& access,  // borrowed
                 uint64_t body_limit_bytes = net::kDefaultBodyLimitBytes);

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

  const Route* find_route(std::string_view path) const;
  static bool allows(const Route& route, std::string_view method);

  const net::SiteAccess& access_;
  const uint64_t body_limit_bytes_;
  std::vector<Route> routes_;
};

}  // namespace viaduct::v2
