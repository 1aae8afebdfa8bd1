#include "base/crc32c.h"

#include <array>
#include <cassert>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace viaduct {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // 0x1edc6f41, bits reversed
constexpr size_t kSlices = 8;

// kTables[k][b] carries byte b over k further zero bytes, so that eight look-ups advance the CRC by eight bytes.
using Tables = std::array<std::array<uint32_t, 256>, kSlices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint64_t load64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

uint32_t crc32c_by_tables(uint32_t seed, Bytes data) {
  uint32_t crc = ~seed;
  const char* at = data.data();
  const char* const end = at + data.size();
  for (; end - at >= 8; at += 8) {
    const uint64_t word = load64(at) ^ crc;
    crc = 0;
    for (size_t byte = 0; byte < 8; ++byte) crc ^= kTables[7 - byte][(word >> (8 * byte)) & 0xff];
  }
  for (; at != end; ++at) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(*at)) & 0xff];
  return ~crc;
}

#if defined(__x86_64__)

bool crc32c_has_instruction() { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) uint32_t crc32c_by_instruction(uint32_t seed, Bytes data) {
  uint64_t crc = ~seed;
  const char* at = data.data();
  const char* const end = at + data.size();
  for (; end - at >= 8; at += 8) crc = _mm_crc32_u64(crc, load64(at));
  uint32_t tail = static_cast<uint32_t>(crc);
  for (; at != end; ++at) tail = _mm_crc32_u8(tail, static_cast<uint8_t>(*at));
  return ~tail;
}

#else

bool crc32c_has_instruction() { return false; }

uint32_t crc32c_by_instruction(uint32_t, Bytes) {
  assert(crc32c_has_instruction());
  __builtin_unreachable();
}

#endif

uint32_t crc32c(uint32_t seed, Bytes data) {
  static const auto chosen = crc32c_has_instruction() ? crc32c_by_instruction : crc32c_by_tables;
  return chosen(seed, data);
}

}  // namespace viaduct
