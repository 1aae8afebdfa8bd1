#include "net/listen_url.h"

#include <charconv>
#include <utility>

namespace viaduct::net {
namespace {

Error wrong(std::string_view url, std::string_view what) {
  std::string message = "listen URL \"";
  message.append(url).append("\": ").append(what);
  return {Code::kInvalidArgument, std::move(message)};
}

Result<uint16_t> parse_port(std::string_view url, std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return wrong(url, "the port must be a number from 0 to 65535");
  }
  return port;
}

Result<void> parse_address(std::string_view rest, ListenUrl& into) {
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) return wrong(into.text, "there must be no path");
  const size_t colon = rest.rfind(':');
  const size_t bracket = rest.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return wrong(into.text, "it must end in :port");
  }
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return wrong(into.text, "an IPv6 address must stand in brackets");
  }
  VIADUCT_TRY_ASSIGN(port, parse_port(into.text, rest.substr(colon + 1)));
  into.host = host;
  into.port = port;
  return {};
}

}  // namespace

Result<ListenUrl> parse_listen_url(std::string_view url) {
  ListenUrl parsed;
  parsed.text = url;
  const size_t end = url.find("://");
  if (end == std::string_view::npos) return wrong(url, "it must begin with http://, https://, unix:// or unixs://");
  const std::string_view scheme = url.substr(0, end);
  const std::string_view rest = url.substr(end + 3);
  parsed.tls = scheme == "https" || scheme == "unixs";
  parsed.unix_socket = scheme == "unix" || scheme == "unixs";
  if (parsed.unix_socket) {
    if (rest.empty()) return wrong(url, "the path of the socket is missing");
    parsed.path = rest;
    return parsed;
  }
  if (!parsed.tls && scheme != "http") return wrong(url, "it must begin with http://, https://, unix:// or unixs://");
  VIADUCT_TRY(parse_address(rest, parsed));
  return parsed;
}

}  // namespace viaduct::net
