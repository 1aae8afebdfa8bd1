// Numbers as the tables show them.
#pragma once

#include <string>

namespace viaduct::bench {

std::string three_digits(double value);  // 0.123, 1.23, 45.6, 7, 12,345; "–" for NaN
std::string whole(double value);         // 12,345; "–" for NaN
std::string ratio(double value);         // 1.23 ×; "–" for NaN

}  // namespace viaduct::bench
