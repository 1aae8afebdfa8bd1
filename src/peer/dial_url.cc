#include "peer/dial_url.h"

#include <charconv>
#include <utility>

namespace viaduct::peer {
namespace {

Error wrong(std::string_view url, std::string_view what) {
  return {Code::kInvalidArgument, std::string("URL \"").append(url).append("\": ").append(what)};
}

bool parse_port(std::string_view text, uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

bool split_authority(DialUrl& into) {
  std::string_view host = into.authority;
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  into.port = into.tls ? 443 : 80;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    if (!parse_port(host.substr(colon + 1), into.port)) return false;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return false;
  }
  into.host = host;
  return !host.empty();
}

}  // namespace

Result<DialUrl> parse_dial_url(std::string_view url) {
  const size_t end = url.find("://");
  const std::string_view scheme = url.substr(0, end == std::string_view::npos ? 0 : end);
  DialUrl parsed;
  parsed.tls = scheme == "https" || scheme == "unixs";
  parsed.unix_socket = scheme == "unix" || scheme == "unixs";
  if (!parsed.tls && !parsed.unix_socket && scheme != "http")
    return wrong(url, "the scheme must be http, https or unix");
  if (url.find_first_of(" \r\n\t") != std::string_view::npos) return wrong(url, "there must be no space");
  const std::string_view rest = url.substr(end + 3);
  if (parsed.unix_socket) {
    if (rest.empty()) return wrong(url, "the path of the socket is missing");
    parsed.host = rest;
    parsed.authority = "localhost";
    return parsed;
  }
  const size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  parsed.authority = rest.substr(0, path);
  parsed.path = rest.substr(path);
  while (parsed.path.ends_with('/')) parsed.path.pop_back();
  if (!parsed.path.empty() && parsed.path[0] != '/') return wrong(url, "a query belongs to the request");
  if (!split_authority(parsed)) return wrong(url, "there must be a host, or a host and a port");
  return parsed;
}

}  // namespace viaduct::peer
