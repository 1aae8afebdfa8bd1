#include "bench/format.h"

#include <cmath>
#include <cstdio>

namespace viaduct::bench {
namespace {

constexpr char kNone[] = "–";

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

}  // namespace

std::string whole(double value) {
  if (std::isnan(value)) return kNone;
  std::string text = fixed(value, 0);
  const size_t first = text.starts_with('-') ? 1 : 0;
  for (size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string three_digits(double value) {
  if (std::isnan(value)) return kNone;
  const double size = std::abs(value);
  if (size >= 100 || value == std::round(value)) return whole(value);
  return fixed(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

std::string ratio(double value) { return std::isnan(value) ? kNone : fixed(value, 2) + " ×"; }

}  // namespace viaduct::bench
