#include "base/crc32c.h"

#include <doctest/doctest.h>

#include "base/random.h"

namespace viaduct {
namespace {

std::string counting(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<char>(first + step * i));
  return bytes;
}

TEST_CASE("CRC-32C gives the values of RFC 3720 appendix B.4, computed either way") {
  struct Case {
    const char* name;
    std::string data;
    uint32_t crc;
  };
  const std::string scsi_read(
      "\x01\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x00\x00\x04\x00"
      "\x00\x00\x00\x14\x00\x00\x00\x18\x28\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00",
      48);
  for (const Case& c : {Case{"nothing", "", 0}, Case{"zeros", std::string(32, '\0'), 0x8a9136aa},
                        Case{"ones", std::string(32, '\xff'), 0x62a8ab43}, Case{"rising", counting(0, 1), 0x46dd794e},
                        Case{"falling", counting(31, -1), 0x113fdb5c}, Case{"SCSI read", scsi_read, 0xd9963a56},
                        Case{"digits", "123456789", 0xe3069283}}) {
    CAPTURE(c.name);
    CHECK(crc32c(0, c.data) == c.crc);
    CHECK(crc32c_by_tables(0, c.data) == c.crc);
    if (crc32c_has_instruction()) CHECK(crc32c_by_instruction(0, c.data) == c.crc);
  }
}

TEST_CASE("tables and instruction agree for every length, alignment and seed") {
  if (!crc32c_has_instruction()) return;
  SeededRandom random(1);
  std::string data;
  for (int i = 0; i < 300; ++i) data.push_back(static_cast<char>(random.next()));
  for (size_t offset = 0; offset < 9; ++offset) {
    for (size_t length = 0; length + offset <= data.size(); ++length) {
      const Bytes part = Bytes(data).substr(offset, length);
      const auto seed = static_cast<uint32_t>(random.next());
      CAPTURE(offset);
      CAPTURE(length);
      REQUIRE(crc32c_by_tables(seed, part) == crc32c_by_instruction(seed, part));
    }
  }
}

TEST_CASE("a CRC goes on from the CRC of what came before") {
  const std::string whole = "a record cut anywhere has the CRC of the whole";
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    CHECK(crc32c(crc32c(0, Bytes(whole).substr(0, cut)), Bytes(whole).substr(cut)) == crc32c(0, whole));
  }
}

}  // namespace
}  // namespace viaduct
