// Byte views and the fixed and variable-length integers of our formats. Readers never trust a length: each take()
// fails instead of reading past the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct {

using Bytes = std::string_view;  // valid for the call only

void put_le32(std::string& to, uint32_t value);
void put_le64(std::string& to, uint64_t value);
void put_be32(std::string& to, uint32_t value);  // big-endian keeps byte order equal to number order in keys
void put_be64(std::string& to, uint64_t value);
void put_varint(std::string& to, uint64_t value);       // LEB128, 1..10 bytes
void put_zigzag(std::string& to, int64_t value);        // varint of (value << 1) ^ (value >> 63)
void put_length_prefixed(std::string& to, Bytes data);  // varint length, then the bytes

// Takes values off the front of a view. Once a take fails, ok() is false and every later take fails as well.
class ByteReader {
 public:
  explicit ByteReader(Bytes data) : rest_(data) {}

  uint8_t take_u8();
  uint32_t take_le32();
  uint64_t take_le64();
  uint32_t take_be32();
  uint64_t take_be64();
  uint64_t take_varint();
  int64_t take_zigzag();
  Bytes take_bytes(uint64_t count);
  Bytes take_length_prefixed();

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }  // everything was read, nothing was missing
  Bytes rest() const { return rest_; }

 private:
  bool require(uint64_t count);

  Bytes rest_;
  bool ok_ = true;
};

// CRC-32C (Castagnoli), as RFC 3720 appendix B.4 has it. `seed` is the CRC of what came before, 0 at the start.
uint32_t crc32c(uint32_t seed, Bytes data);

}  // namespace viaduct
