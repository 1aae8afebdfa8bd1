#include "net/target.h"

#include <algorithm>

#include "net/percent.h"

namespace viaduct::net {
namespace {

// What Go's url.URL leaves as it is in a path.
bool stays_in_path(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("-_.~$&+,/:;=@").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<TargetParts> split_target(std::string_view target) {
  if (target == "*") return TargetParts{target, {}};
  if (target.empty()) return std::nullopt;
  if (target[0] != '/') {
    const size_t authority = target.find("://");
    if (authority == std::string_view::npos || authority == 0) return std::nullopt;
    const size_t end = target.find_first_of("/?", authority + 3);
    target.remove_prefix(std::min(end, target.size()));
  }
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return TargetParts{target, {}};
  return TargetParts{target.substr(0, question), target.substr(question + 1)};
}

bool has_valid_escapes(std::string_view raw_path) { return !find_bad_escape(raw_path); }

std::optional<std::string> decode_path(std::string_view raw_path) {
  if (find_bad_escape(raw_path)) return std::nullopt;
  return percent_decode(raw_path);
}

std::string clean_path(std::string_view path) {
  std::string clean;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view element = path.substr(at, end - at);
    if (element == "..") {
      const size_t parent = clean.rfind('/');
      clean.resize(parent == std::string::npos ? 0 : parent);
    } else if (!element.empty() && element != ".") {
      clean.append("/").append(element);
    }
    at = end + 1;
  }
  if (clean.empty() || path.back() == '/') clean.push_back('/');
  return clean;
}

std::string encode_path(std::string_view path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    if (stays_in_path(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

std::optional<std::string> redirect_location(std::string_view decoded_path, std::string_view raw_query) {
  const std::string clean = clean_path(decoded_path);
  if (clean == decoded_path) return std::nullopt;
  std::string location = encode_path(clean);
  if (!raw_query.empty()) location.append("?").append(raw_query);
  return location;
}

}  // namespace viaduct::net
