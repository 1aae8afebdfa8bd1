#include "base/ids.h"

#include <charconv>

namespace viaduct {

std::string to_hex(uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16);
  return std::string(digits, end.ptr);
}

}  // namespace viaduct
