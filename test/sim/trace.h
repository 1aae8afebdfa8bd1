// What happens in a run, as a hash that two runs of one seed must share (SIM-2) and, when wanted, as lines to read.
// Nothing that is noted may hang on an address or on real time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::sim {

class Trace {
 public:
  void mix(uint64_t number) {
    hash_ = (hash_ ^ number) * 0x9e3779b97f4a7c15u;
    hash_ ^= hash_ >> 29;
    ++steps_;
  }
  void mix(std::string_view text);
  uint64_t hash() const { return hash_; }
  uint64_t steps() const { return steps_; }

  void show(bool shown) { shown_ = shown; }
  bool shown() const { return shown_; }
  // A line: when, who, what. Only to be made when shown().
  void line(int64_t now_ns, const std::string& who, const std::string& what) const;

 private:
  uint64_t hash_ = 0x243f6a8885a308d3u;
  uint64_t steps_ = 0;
  bool shown_ = false;
};

}  // namespace viaduct::sim
