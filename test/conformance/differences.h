// The wanted differences between etcd and viaduct, from differences.txt: which case, which observation, what viaduct
// answers there, and why. An entry that matches nothing any more is stale and fails the run.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace viaduct::conformance {

// Threads: any.
class Differences {
 public:
  // One entry per line: case | field | viaduct's answer | reason. The first three are shell patterns (fnmatch).
  static Result<Differences> parse(std::string_view text);

  Differences() = default;
  Differences(Differences&& other) noexcept : entries_(std::move(other.entries_)) {}

  // Whether this difference is listed; remembers that the entry still occurs.
  bool covers(const std::string& case_name, const std::string& field, const std::string& answer);

  std::vector<std::string> stale() const;  // the lines of entries that covered nothing

 private:
  struct Entry {
    std::string line;
    std::string case_pattern;
    std::string field_pattern;
    std::string answer_pattern;
    bool seen = false;
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace viaduct::conformance
