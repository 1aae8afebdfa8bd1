#include "v2/front.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/target.h"

namespace viaduct::v2 {

Front::Front(const net::SiteAccess& access, uint64_t body_limit_bytes)
    : access_(access), body_limit_bytes_(body_limit_bytes) {}

void Front::add(std::string path, std::string allow, Endpoint& endpoint) {
  routes_.push_back({std::move(path), false, std::move(allow), &endpoint});
}

void Front::add_subtree(std::string path, std::string allow, Endpoint& endpoint) {
  routes_.push_back({std::move(path), true, std::move(allow), &endpoint});
}

net::BodyPlan Front::body_plan(const net::Request&) const { return {net::BodyPlan::Shape::kWhole, body_limit_bytes_}; }

void Front::handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  Exchange exchange{&loop, std::move(request), handle, {}, {}};
  const net::Request& asked = exchange.request;
  if (auto answer = access_.answer(asked, exchange.headers)) return loop.reply(handle, *std::move(answer));

  std::optional<std::string> path = net::decode_path(asked.raw_path());
  if (!path) return exchange.reply_text_error(400, "400 Bad Request");
  if (const auto location = net::redirect_location(*path, asked.raw_query())) {
    return loop.reply(handle, net::moved_permanently(asked.method(), *location, std::move(exchange.headers)));
  }
  exchange.path = std::move(*path);

  const Route* const route = find_route(exchange.path);
  if (!route) return exchange.reply_text_error(404, "404 page not found");
  if (!allows(*route, asked.method_text())) {
    exchange.headers.add("Allow", route->allow);
    return exchange.reply_text_error(405, "Method Not Allowed");
  }
  route->endpoint->serve(std::move(exchange));
}

const Front::Route* Front::find_route(std::string_view path) const {
  for (const Route& route : routes_) {
    if (!path.starts_with(route.path)) continue;
    if (path.size() == route.path.size()) return &route;
    if (route.subtree && path[route.path.size()] == '/') return &route;
  }
  return nullptr;
}

bool Front::allows(const Route& route, std::string_view method) {
  if (route.allow.empty()) return true;
  std::string_view rest = route.allow;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == method) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

}  // namespace viaduct::v2
