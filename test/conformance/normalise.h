// Takes out of an answer what may differ between two right servers and between two runs: store indexes become relative
// to the start of the case, times relative to now, ids and ports become names, unsorted listings get an order.
// Everything else stays byte for byte.
#pragma once

#include <cstdint>
#include <string>

namespace viaduct::conformance {

struct Frame {
  uint64_t index = 0;  // the store index when the case began: index + 2 becomes "n+2"
  std::string client;  // host:port, becomes "<client>"
  std::string peer;    // likewise "<peer>"
  std::string member;  // the member's id, becomes "<member>"
};

// `sorted`: the request asked for an order, so the order counts.
std::string normalise_body(const std::string& body, const Frame& frame, bool sorted);
std::string normalise_header(const std::string& name, const std::string& value, const Frame& frame);

// Orders the elements of every "nodes" array by their bytes.
std::string order_listings(const std::string& json);

// Equal, where remaining times (ttl and normalised expirations) may be one second apart.
bool same_answer(const std::string& left, const std::string& right);

}  // namespace viaduct::conformance
