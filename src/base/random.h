// Randomness as an interface: the server seeds from the kernel, tests and the simulator from a number.
#pragma once

#include <cstdint>
#include <random>

namespace viaduct {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;  // uniform over all 64 bits
  uint64_t below(uint64_t bound) { return bound ? next() % bound : 0; }
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

class SystemRandom final : public Random {  // getrandom(2)
 public:
  uint64_t next() override;
};

}  // namespace viaduct
