// What the JSON gateway answers, read: plain replies, and the lines of a stream.
#pragma once

#include <string>

#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {

Answer no_status(const std::string& how);

Answer answer_of(const Rpc& rpc, const Reply& reply);

// {"result":...} or {"error":...}, with a line feed or without.
Answer answer_of_line(const Rpc& rpc, const std::string& line);

}  // namespace viaduct::conformance
