// The texts that Go's flag and time packages accept as values, and their words for what is wrong with the others.
// Errors: kInvalidArgument; the message is the reason alone, without flag name.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace viaduct::server {

Result<bool> parse_bool(std::string_view text);          // strconv.ParseBool
Result<uint64_t> parse_unsigned(std::string_view text);  // strconv.ParseUint with base 0: 10, 0x0a, 0o12, 012, 0b1010
Result<int64_t> parse_signed(std::string_view text);
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);  // time.ParseDuration: 1h30m, 1.5s, 0

std::string trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);  // "" is one empty part
std::string quote(std::string_view text);                               // in double quotes, as Go's %q for plain text

}  // namespace viaduct::server
