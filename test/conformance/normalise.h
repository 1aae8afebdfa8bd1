// Takes out of an answer what may differ between two right servers and between two runs: store indexes become relative
// to the start of the case, times relative to now, ids and ports become names, unsorted listings get an order.
// Everything else stays byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::conformance {

struct Frame {
  uint64_t index = 0;    // the store index when the case began: index + 2 becomes "n+2"
  std::string client;    // host:port, becomes "<client>"
  std::string peer;      // likewise "<peer>"
  std::string member;    // the member's id, becomes "<member>"
  int64_t revision = 0;  // the v3 store's when the case began
  std::vector<std::pair<std::string, std::string>> others;  // addresses and ids of other members, and their names
};

// "n+2" for a number two above `base`; 0 and less mean "none" everywhere and stay.
std::string relative_number(const std::string& name, int64_t number, int64_t base);

// `sorted`: the request asked for an order, so the order counts.
std::string normalise_body(const std::string& body, const Frame& frame, bool sorted);
std::string normalise_header(const std::string& name, const std::string& value, const Frame& frame);

// Orders the elements of every "nodes" array by their bytes.
std::string order_listings(const std::string& json);

// Whether the text is what the pattern says; `*` stands for anything.
bool like(std::string_view pattern, std::string_view text);

// Equal, where remaining times (ttl and normalised expirations) may be one second apart.
bool same_answer(const std::string& left, const std::string& right);

}  // namespace viaduct::conformance
