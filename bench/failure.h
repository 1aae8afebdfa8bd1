// What ends a benchmark run: a server that does not start, an answer that is no success, a system call refused. A run
// with a hole in it has no result, so nothing recovers from this; main() prints it and the servers stop on the way.
#pragma once

#include <stdexcept>
#include <string>

namespace viaduct::bench {

class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& what) : std::runtime_error(what) {}
};

[[noreturn]] void fail_with_errno(const std::string& doing);  // "doing: reason"

}  // namespace viaduct::bench
