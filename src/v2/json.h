// JSON as the v2 API writes it (v2-api.md 0.5, 1.8): fixed field order, no white space, base/json_text.h for the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "store/record.h"
#include "v3bridge/reader.h"

namespace viaduct::v2 {

// RFC 3339 in UTC, up to nine fractional digits, trailing zeros removed. Unquoted.
void append_time(std::string& to, int64_t unix_ns);

// {"action":"set","node":{...},"prevNode":{...}}\n with keys cut to below `v2_root`.
// `with_nodes` false leaves out both nodes (noValueOnSuccess).
std::string event_json(const store::Event& event, std::string_view v2_root, bool with_nodes = true);

// {"action":"get","node":{...}}\n
std::string listing_json(const v3bridge::Listing& listing);

}  // namespace viaduct::v2
