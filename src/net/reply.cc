#include "net/reply.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "net/request.h"

namespace viaduct::net {
namespace {

constexpr size_t kUsualBytes = 256;  // CORS and the indexes of a v2 reply

bool ends_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

}  // namespace

void ReplyHeaders::add(std::string_view name, std::string_view value) {
  if (lines_.empty()) lines_.reserve(kUsualBytes);
  lines_.append(name).append(": ");
  const size_t at = lines_.size();
  lines_.append(value).append("\r\n");
  const size_t end = at + value.size();
  std::replace_if(lines_.begin() + static_cast<ptrdiff_t>(at), lines_.begin() + static_cast<ptrdiff_t>(end), ends_line,
                  ' ');
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
