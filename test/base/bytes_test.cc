#include "base/bytes.h"

#include <doctest/doctest.h>

#include <limits>

namespace viaduct {
namespace {

constexpr uint64_t kMax64 = std::numeric_limits<uint64_t>::max();
constexpr int64_t kMinSigned = std::numeric_limits<int64_t>::min();
constexpr int64_t kMaxSigned = std::numeric_limits<int64_t>::max();

template <typename Put, typename Value>
std::string coded(Put put, Value value) {
  std::string to;
  put(to, value);
  return to;
}

TEST_CASE("fixed integers have the byte order that their name says") {
  CHECK(coded(put_le32, 0x01020304u) == std::string("\x04\x03\x02\x01", 4));
  CHECK(coded(put_be32, 0x01020304u) == std::string("\x01\x02\x03\x04", 4));
  CHECK(coded(put_le64, 0x0102030405060708u) == std::string("\x08\x07\x06\x05\x04\x03\x02\x01", 8));
  CHECK(coded(put_be64, 0x0102030405060708u) == std::string("\x01\x02\x03\x04\x05\x06\x07\x08", 8));
}

TEST_CASE("a varint takes seven bits per byte, the low ones first") {
  struct Case {
    uint64_t value;
    std::string bytes;
  };
  for (const Case& c : {Case{0, std::string(1, '\0')}, Case{1, "\x01"}, Case{127, "\x7f"}, Case{128, "\x80\x01"},
                        Case{300, "\xac\x02"}, Case{kMax64, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}}) {
    CAPTURE(c.value);
    CHECK(coded(put_varint, c.value) == c.bytes);
    ByteReader reader(c.bytes);
    CHECK(reader.take_varint() == c.value);
    CHECK(reader.done());
  }
}

TEST_CASE("zigzag keeps small numbers of either sign short") {
  struct Case {
    int64_t value;
    size_t bytes;
  };
  for (const Case& c :
       {Case{0, 1}, Case{-1, 1}, Case{1, 1}, Case{-64, 1}, Case{64, 2}, Case{kMinSigned, 10}, Case{kMaxSigned, 10}}) {
    CAPTURE(c.value);
    const std::string bytes = coded(put_zigzag, c.value);
    CHECK(bytes.size() == c.bytes);
    ByteReader reader(bytes);
    CHECK(reader.take_zigzag() == c.value);
    CHECK(reader.done());
  }
}

TEST_CASE("a reader takes back what was put, in order") {
  std::string bytes = "\x2a";
  put_le32(bytes, 1);
  put_be32(bytes, 2);
  put_le64(bytes, 3);
  put_be64(bytes, 4);
  put_length_prefixed(bytes, "five");
  put_length_prefixed(bytes, "");
  bytes += "rest";

  ByteReader reader(bytes);
  CHECK(reader.take_u8() == 42);
  CHECK(reader.take_le32() == 1);
  CHECK(reader.take_be32() == 2);
  CHECK(reader.take_le64() == 3);
  CHECK(reader.take_be64() == 4);
  CHECK(reader.take_length_prefixed() == "five");
  CHECK(reader.take_length_prefixed() == "");
  CHECK(reader.rest() == "rest");
  CHECK_FALSE(reader.done());
  CHECK(reader.take_bytes(4) == "rest");
  CHECK(reader.done());
}

TEST_CASE("a take that lacks bytes fails, and with it every later one") {
  struct Case {
    const char* name;
    std::string bytes;
    void (*take)(ByteReader&);
  };
  const std::string eleven_byte_varint = "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
  const std::string varint_of_65_bits = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
  const std::string length_of_everything =
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "abc";
  for (const Case& c : {
           Case{"u8 of nothing", "", [](ByteReader& r) { r.take_u8(); }},
           Case{"le32 of 3", "abc", [](ByteReader& r) { r.take_le32(); }},
           Case{"be32 of 3", "abc", [](ByteReader& r) { r.take_be32(); }},
           Case{"le64 of 7", "abcdefg", [](ByteReader& r) { r.take_le64(); }},
           Case{"be64 of 7", "abcdefg", [](ByteReader& r) { r.take_be64(); }},
           Case{"varint that goes on", "\xff", [](ByteReader& r) { r.take_varint(); }},
           Case{"varint of 11 bytes", eleven_byte_varint, [](ByteReader& r) { r.take_varint(); }},
           Case{"varint of 65 bits", varint_of_65_bits, [](ByteReader& r) { r.take_varint(); }},
           Case{"zigzag of nothing", "", [](ByteReader& r) { r.take_zigzag(); }},
           Case{"one byte too many", "abc", [](ByteReader& r) { r.take_bytes(4); }},
           Case{"length beyond the end",
                "\x04"
                "abc",
                [](ByteReader& r) { r.take_length_prefixed(); }},
           Case{"length that would wrap", length_of_everything, [](ByteReader& r) { r.take_length_prefixed(); }},
       }) {
    CAPTURE(c.name);
    ByteReader reader(c.bytes);
    c.take(reader);
    CHECK_FALSE(reader.ok());
    CHECK_FALSE(reader.done());
    CHECK(reader.take_bytes(0) == "");
    CHECK(reader.take_u8() == 0);
    CHECK(reader.take_be64() == 0);
    CHECK_FALSE(reader.ok());
  }
}

}  // namespace
}  // namespace viaduct
