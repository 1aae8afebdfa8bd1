#include "net/reply.h"

#include <charconv>

#include "net/request.h"

namespace viaduct::net {

void ReplyHeaders::add(std::string_view name, std::string_view value) {
  lines_.append(name).append(": ");
  for (const char c : value) lines_.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
  lines_.append("\r\n");
}

void ReplyHeaders::add(std::string_view name, uint64_t value) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  add(name, std::string_view(digits, static_cast<size_t>(end - digits)));
}

bool ReplyHeaders::contains(std::string_view name) const {
  for (std::string_view rest = lines_; !rest.empty();) {
    if (equals_ignoring_case(rest.substr(0, rest.find(':')), name)) return true;
    rest.remove_prefix(rest.find('\n') + 1);
  }
  return false;
}

}  // namespace viaduct::net
