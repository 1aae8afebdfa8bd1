#include "v2/front.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/target.h"

namespace viaduct::v2 {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void add_cors_headers(net::ReplyHeaders& headers, std::string_view origin) {
  headers.add("Access-Control-Allow-Headers", "accept, content-type, authorization");
  headers.add("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
  headers.add("Access-Control-Allow-Origin", origin);
}

// Whom the client meant: the host of an absolute target counts before the Host header (RFC 9112, 3.2.2).
std::string_view host_of(const net::Request& request) {
  const std::string_view target = request.target();
  const size_t scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) return request.find_header("Host");
  const std::string_view rest = target.substr(scheme_end + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

// "example.com:2379" -> "example.com", "[::1]:2379" -> "::1"; what has no port stays as it is, brackets too.
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return host;
  const std::string_view name = host.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) return name.substr(1, name.size() - 2);
  return name.find(':') == std::string_view::npos ? name : host;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return quoted + '"';
}

std::string unrecognized_host(std::string_view host) {
  return "\netcd received your request, but the Host header was unrecognized.\n\n"
         "To fix this, choose one of the following options:\n"
         "- Enable TLS, then any HTTPS request will be allowed.\n"
         "- Add the hostname you want to use to the whitelist in settings.\n"
         "  - e.g. etcd --host-whitelist " + quote(host) + "\n\n"
         "This requirement has been added to help prevent \"DNS Rebinding\" attacks (CVE-2018-5702).\n";
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&#34;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

void redirect(Exchange& exchange, std::string_view location) {
  const net::Method method = exchange.request.method();
  std::string body;
  if (method == net::Method::kGet || method == net::Method::kHead) {
    exchange.headers.add("Content-Type", "text/html; charset=utf-8");
    body = "<a href=\"" + escape_html(location) + "\">Moved Permanently</a>.\n\n";
  }
  exchange.headers.add("Location", location);
  exchange.reply(301, std::move(body));
}

}  // namespace

Front::Front(FrontOptions options, LimitCounts& limits)
    : options_(std::move(options)),
      limits_(limits),
      any_origin_(contains(options_.cors, "*")),
      any_host_(options_.host_whitelist.empty() || contains(options_.host_whitelist, "*")) {
  add_cors_headers(cors_any_, "*");
}

void Front::add(std::string path, std::string allow, Endpoint& endpoint) {
  routes_.push_back({std::move(path), false, std::move(allow), &endpoint});
}

void Front::add_subtree(std::string path, std::string allow, Endpoint& endpoint) {
  routes_.push_back({std::move(path), true, std::move(allow), &endpoint});
}

net::BodyPlan Front::body_plan(const net::Request&) const {
  return {net::BodyPlan::Shape::kWhole, options_.body_limit_bytes};
}

void Front::handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  Exchange exchange{&loop, std::move(request), handle, {}, {}};
  const net::Request& asked = exchange.request;
  if (!is_host_allowed(asked)) {
    LimitCounts::count(limits_.hosts);
    return exchange.reply_text_error(421, unrecognized_host(without_port(host_of(asked))));
  }
  const bool origin_allowed = add_cors(asked, exchange.headers);
  if (asked.method() == net::Method::kOptions) return exchange.reply(200, std::string());
  if (!origin_allowed && !net::is_safe(asked.method())) {
    LimitCounts::count(limits_.origins);
    return exchange.reply_text_error(403, "Origin not allowed");
  }

  std::optional<std::string> path = net::decode_path(asked.raw_path());
  if (!path) return exchange.reply_text_error(400, "400 Bad Request");
  if (const auto location = net::redirect_location(*path, asked.raw_query())) return redirect(exchange, *location);
  exchange.path = std::move(*path);

  const Route* const route = find_route(exchange.path);
  if (!route) return exchange.reply_text_error(404, "404 page not found");
  if (!allows(*route, asked.method_text())) {
    exchange.headers.add("Allow", route->allow);
    return exchange.reply_text_error(405, "Method Not Allowed");
  }
  route->endpoint->serve(std::move(exchange));
}

bool Front::is_host_allowed(const net::Request& request) const {
  if (any_host_ || request.scheme == net::Scheme::kHttps) return true;
  return contains(options_.host_whitelist, without_port(host_of(request)));
}

// False if a browser on a foreign site sent this (reliability.md 7: such a site may look, but not write).
bool Front::add_cors(const net::Request& request, net::ReplyHeaders& headers) const {
  if (any_origin_) {
    headers = cors_any_;
    return true;
  }
  const std::string_view origin = request.find_header("Origin");
  if (contains(options_.cors, origin)) {
    add_cors_headers(headers, origin);
    return true;
  }
  return origin.empty() || options_.cors.empty();
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
