#include "net/site_access.h"

#include <algorithm>
#include <utility>

#include "net/websocket.h"

namespace viaduct::net {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void add_cors_headers(ReplyHeaders& headers, std::string_view origin) {
  headers.add("Access-Control-Allow-Headers", "accept, content-type, authorization");
  headers.add("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
  headers.add("Access-Control-Allow-Origin", origin);
}

// Whom the client meant: the host of an absolute target counts before the Host header (RFC 9112, 3.2.2).
std::string_view host_of(const Request& request) {
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
         "  - e.g. etcd --host-whitelist " +
         quote(host) +
         "\n\n"
         "This requirement has been added to help prevent \"DNS Rebinding\" attacks (CVE-2018-5702).\n";
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&#34;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void count(std::atomic<uint64_t>& number) { number.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

SiteAccess::SiteAccess(SiteAccessOptions options)
    : options_(std::move(options)),
      any_origin_(contains(options_.cors, "*")),
      any_host_(options_.host_whitelist.empty() || contains(options_.host_whitelist, "*")) {
  add_cors_headers(cors_any_, "*");
}

std::optional<Reply> SiteAccess::answer(const Request& request, ReplyHeaders& headers) const {
  if (!is_host_allowed(request)) {
    count(refused_.hosts);
    return text_error(421, unrecognized_host(without_port(host_of(request))), std::move(headers));
  }
  const bool origin_allowed = add_cors(request, headers);
  if (request.method() == Method::kOptions) {
    Reply reply;
    reply.headers = std::move(headers);
    return reply;
  }
  const bool may_write = !is_safe(request.method()) || asks_for_websocket(request);
  if (!origin_allowed && may_write) {
    count(refused_.origins);
    return text_error(403, "Origin not allowed", std::move(headers));
  }
  return std::nullopt;
}

bool SiteAccess::is_host_allowed(const Request& request) const {
  if (any_host_ || request.scheme == Scheme::kHttps) return true;
  return contains(options_.host_whitelist, without_port(host_of(request)));
}

// False if a browser on a foreign site sent this (reliability.md 7: such a site may look, but not write).
bool SiteAccess::add_cors(const Request& request, ReplyHeaders& headers) const {
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

Reply text_error(int status, std::string_view text, ReplyHeaders headers) {
  Reply reply;
  reply.status = status;
  reply.headers = std::move(headers);
  reply.headers.add("Content-Type", "text/plain; charset=utf-8");
  reply.headers.add("X-Content-Type-Options", "nosniff");
  reply.body = std::string(text) + '\n';
  return reply;
}

Reply moved_permanently(Method method, std::string_view location, ReplyHeaders headers) {
  Reply reply;
  reply.status = 301;
  reply.headers = std::move(headers);
  if (method == Method::kGet || method == Method::kHead) {
    reply.headers.add("Content-Type", "text/html; charset=utf-8");
    reply.body = "<a href=\"" + escape_html(location) + "\">Moved Permanently</a>.\n\n";
  }
  reply.headers.add("Location", location);
  return reply;
}

}  // namespace viaduct::net
