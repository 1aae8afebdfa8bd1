// JSON as Go's encoding/json writes it, which v2 and v3 clients see. Written by appending to one string, since it is
// the hot path of every reply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct {

// Quoted. Invalid UTF-8 becomes \ufffd byte by byte; < > & and U+2028/9 are escaped.
void append_json_string(std::string& to, std::string_view text);

// ["a","b"]
void append_json_list(std::string& to, const std::vector<std::string>& texts);

void append_number(std::string& to, uint64_t number);
void append_signed(std::string& to, int64_t number);
void append_double(std::string& to, double number);  // finite

}  // namespace viaduct
