#include "base/bytes.h"

#include <bit>
#include <cstring>

namespace viaduct {
namespace {

static_assert(std::endian::native == std::endian::little, "the little-endian forms below copy native integers");

template <typename T>
void put_native(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T load_native(Bytes from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

}  // namespace

void put_le32(std::string& to, uint32_t value) { put_native(to, value); }
void put_le64(std::string& to, uint64_t value) { put_native(to, value); }
void put_be32(std::string& to, uint32_t value) { put_native(to, __builtin_bswap32(value)); }
void put_be64(std::string& to, uint64_t value) { put_native(to, __builtin_bswap64(value)); }

void put_varint(std::string& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}

void put_zigzag(std::string& to, int64_t value) {
  put_varint(to, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

void put_length_prefixed(std::string& to, Bytes data) {
  put_varint(to, data.size());
  to.append(data);
}

bool ByteReader::require(uint64_t count) {
  ok_ = ok_ && count <= rest_.size();
  return ok_;
}

Bytes ByteReader::take_bytes(uint64_t count) {
  if (!require(count)) return {};
  const Bytes taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

uint8_t ByteReader::take_u8() {
  const Bytes taken = take_bytes(1);
  return ok_ ? static_cast<uint8_t>(taken[0]) : 0;
}

uint32_t ByteReader::take_le32() {
  const Bytes taken = take_bytes(sizeof(uint32_t));
  return ok_ ? load_native<uint32_t>(taken) : 0;
}

uint64_t ByteReader::take_le64() {
  const Bytes taken = take_bytes(sizeof(uint64_t));
  return ok_ ? load_native<uint64_t>(taken) : 0;
}

uint32_t ByteReader::take_be32() { return __builtin_bswap32(take_le32()); }
uint64_t ByteReader::take_be64() { return __builtin_bswap64(take_le64()); }

uint64_t ByteReader::take_varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = take_u8();
    if (!ok_) return 0;
    if (shift == 63 && byte > 1) break;  // bits beyond the 64th, or an eleventh byte
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  ok_ = false;
  return 0;
}

int64_t ByteReader::take_zigzag() {
  const uint64_t coded = take_varint();
  return static_cast<int64_t>((coded >> 1) ^ (~(coded & 1) + 1));
}

Bytes ByteReader::take_length_prefixed() {
  const uint64_t length = take_varint();
  return take_bytes(length);
}

}  // namespace viaduct
