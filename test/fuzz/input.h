// Choices out of a fuzzer's bytes, from the front. Behind their end every choice is the first one, so that a shorter
// input means a simpler run.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"

namespace viaduct::fuzz {

class Input final : public Random {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    const Bytes taken = bytes(1);
    return taken.empty() ? 0 : static_cast<uint8_t>(taken.front());
  }
  uint64_t next() override { return byte(); }  // so below() knows no more than 256 alternatives
  uint64_t number() {
    uint64_t value = 0;
    for (const char byte : bytes(8)) value = value << 8 | static_cast<uint8_t>(byte);
    return value;
  }
  Bytes bytes(size_t count) {
    const Bytes taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  Bytes prefixed() {  // by one byte that says how many
    const size_t count = byte();
    return bytes(count);
  }
  Bytes rest() { return bytes(rest_.size()); }

 private:
  Bytes rest_;
};

}  // namespace viaduct::fuzz
