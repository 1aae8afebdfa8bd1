// Where all chance of a run comes from: one seed, split into a stream for each part, so that a part that draws more
// does not change what the others draw.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace viaduct::sim {

class Dice final : public Random {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t next() override {  // splitmix64
    uint64_t mixed = state_ += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  Dice split() { return Dice(next()); }

  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)
  bool chance(double probability) { return probability > 0 && unit() < probability; }
  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(below(static_cast<uint64_t>(most - least) + 1));
  }
  // Evenly spread over orders of magnitude; both above 0.
  double log_between(double least, double most);

 private:
  uint64_t state_;
};

}  // namespace viaduct::sim
