// What a checker found wrong: sentences, of which the first few are kept.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace viaduct::cluster_test {

class Violations {
 public:
  // `rule` is the requirement's id.
  void add(const std::string& rule, const std::string& what) {
    constexpr size_t kKept = 20;
    if (++count_ <= kKept) kept_.push_back(rule + ": " + what);
  }
  bool none() const { return count_ == 0; }
  size_t count() const { return count_; }
  const std::vector<std::string>& kept() const { return kept_; }

 private:
  size_t count_ = 0;
  std::vector<std::string> kept_;
};

}  // namespace viaduct::cluster_test
