#include "v3/release.h"

#include <charconv>
#include <limits>

namespace viaduct::v3 {
namespace {

int number_at(std::string_view text, size_t at) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

int minor_of(std::string_view text) {
  const int major = number_at(text, 0);
  if (major != 3) return major > 3 ? std::numeric_limits<int>::max() : 0;
  return number_at(text, text.find('.') + 1);
}

}  // namespace

Release::Release(std::string text) : text_(std::move(text)), minor_(minor_of(text_)) {}

}  // namespace viaduct::v3
