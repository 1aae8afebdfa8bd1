#include "server/urls.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

Error unparsable(std::string_view text, const std::string& why) { return invalid("parse " + quote(text) + ": " + why); }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  }
  return result;
}

// A URL without its scheme is either a bare word, whose scheme is wrong, or host:port, which Go cannot read at all.
Error without_scheme(std::string_view text) {
  const bool letter = !text.empty() && (lower(text)[0] >= 'a' && lower(text)[0] <= 'z');
  if (!letter && text.find(':') != std::string_view::npos) {
    return unparsable(text, "first path segment in URL cannot contain colon");
  }
  return invalid("URL scheme must be http, https, unix, or unixs: " + std::string(text));
}

Result<Url> parse_socket_file(Url url, std::string_view name) {
  if (name.empty()) return invalid("URL address does not have the form \"host:port\": " + url.text);
  url.host = name;
  return url;
}

// authority := host ":" port,  host := "[" IPv6 "]" | name
Result<Url> parse_authority(Url url, std::string_view authority, std::string_view whole) {
  for (const char c : authority) {
    if (c <= ' ' || c == '%' || c == '@' || c == '"' || c == '<' || c == '>' || c == '\\' || c == 0x7f) {
      return unparsable(whole, "invalid character " + quote(std::string(1, c)) + " in host name");
    }
  }
  const Error no_port = invalid("URL address does not have the form \"host:port\": " + url.text);
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return unparsable(whole, "missing ']' in host");
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.starts_with(':')) return no_port;
  } else {
    const size_t colon = authority.find(':');
    if (colon == std::string_view::npos || authority.find(':', colon + 1) != std::string_view::npos) return no_port;
    url.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
  }
  const std::string_view digits = authority.substr(1);
  if (digits.empty()) return url;  // the port stays 0, as in Go
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (status != std::errc() || end != digits.data() + digits.size()) {
    return unparsable(whole, "invalid port " + quote(authority) + " after host");
  }
  return url;
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, 16> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

// The first percent sign without two hexadecimal digits, with what Go shows of it; empty when there is none.
std::string_view bad_escape(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view escape = text.substr(at, 3);
    if (escape.size() < 3 || escape.find_first_not_of(kHexDigits, 1) != std::string_view::npos) return escape;
  }
  return {};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (const std::string_view escape = bad_escape(text); !escape.empty()) {
    return unparsable(text, "invalid URL escape " + quote(escape));
  }
  const size_t mark = text.find("://");
  if (mark == std::string_view::npos) return without_scheme(text);
  const std::string scheme = lower(text.substr(0, mark));
  const std::string_view rest = text.substr(mark + 3);
  Url url;
  url.text = scheme + "://" + std::string(rest);
  if (scheme == "http") {
    url.scheme = Scheme::kHttp;
  } else if (scheme == "https") {
    url.scheme = Scheme::kHttps;
  } else if (scheme == "unix" || scheme == "unixs") {
    url.scheme = scheme == "unix" ? Scheme::kUnix : Scheme::kUnixs;
    return parse_socket_file(std::move(url), rest);
  } else {
    return invalid("URL scheme must be http, https, unix, or unixs: " + std::string(text));
  }
  const size_t end = rest.find_first_of("/?#");
  const std::string shown = url.text;
  VIADUCT_TRY_ASSIGN(parsed, parse_authority(std::move(url), rest.substr(0, end), text));
  if (end != std::string_view::npos) return invalid("URL must not contain a path: " + shown);
  return parsed;
}

Url with_host(const Url& like, const std::string& host, uint16_t port) {
  const bool six = host.find(':') != std::string::npos;
  Url url = like;
  url.host = host;
  url.port = port;
  url.text = (like.secure() ? "https://" : "http://") + (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
  return url;
}

Result<Urls> parse_urls(std::string_view text, bool unique) {
  Urls urls;
  if (trim(text).empty()) return urls;
  for (const std::string& part : split(text, ',')) {
    VIADUCT_TRY_ASSIGN(url, parse_url(trim(part)));
    urls.push_back(std::move(url));
  }
  std::sort(urls.begin(), urls.end(), [](const Url& a, const Url& b) { return a.text < b.text; });
  if (unique) urls.erase(std::unique(urls.begin(), urls.end()), urls.end());
  return urls;
}

Result<void> check_listen_urls(const Urls& urls) {
  for (const Url& url : urls) {
    if (url.is_socket_file() || url.host == "localhost" || is_ip_address(url.host)) continue;
    return invalid("expected IP in URL for binding (" + url.text + ")");
  }
  return {};
}

Result<void> check_advertise_urls(const Urls& urls) {
  for (const Url& url : urls) {
    if (url.host.empty()) return invalid("unexpected empty host (" + url.text + ")");
  }
  return {};
}

std::string join_urls(const Urls& urls) {
  std::string joined;
  for (const Url& url : urls) joined += (joined.empty() ? "" : ",") + url.text;
  return joined;
}

}  // namespace viaduct::server
