#include "server/identity_file.h"

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"

namespace viaduct::server {
namespace {

const Identity kOurs{
    ClusterId(0xcdf818194e3a8c32),
    MemberId(0x8e9e05c52164694d),
    {true,
     {{MemberId(2), "infra2", {"http://10.0.0.2:2380"}, {}},
      {MemberId(0x8e9e05c52164694d), "default", {"http://localhost:2380", "http://localhost:7001"}, {}}}}};
const Identity kStrange{ClusterId(7), MemberId(9)};

TEST_CASE("an identity survives its encoding") {
  Identity joining = kOurs;
  joining.founding.founds = false;
  for (const Identity& identity : {kOurs, kStrange, joining}) {
    const auto decoded = decode_identity(encode_identity(identity));
    REQUIRE(decoded);
    CHECK(*decoded == identity);
  }
}

TEST_CASE("any flipped bit, missing or added byte shows") {
  const std::string bytes = encode_identity(kOurs);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string bent = bytes;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << bit % 8));
    CHECK(!decode_identity(bent));
  }
  for (size_t size = 0; size < bytes.size(); ++size) CHECK(!decode_identity(bytes.substr(0, size)));
  CHECK(!decode_identity(bytes + "x"));
}

TEST_CASE("a newer format is not damage") {
  std::string bytes = encode_identity(kOurs);
  bytes[8] = 3;
  bytes.resize(bytes.size() - 4);
  put_le32(bytes, crc32c(0, bytes));
  CHECK(decode_identity(bytes).error().code == Code::kInvalidArgument);
}

TEST_CASE("an identity of the first format is of a member that founded alone") {
  std::string bytes = "VIADUCT\n";
  put_le32(bytes, 1);
  put_le64(bytes, kStrange.cluster.value);
  put_le64(bytes, kStrange.member.value);
  put_le32(bytes, crc32c(0, bytes));
  const auto decoded = decode_identity(bytes);
  REQUIRE(decoded);
  CHECK(*decoded == kStrange);
  CHECK(decoded->founding.founds);
  CHECK(decoded->founding.members.empty());
}

TEST_CASE("a founding that claims more than there is does not pass, whatever its checksum says") {
  const std::string whole = encode_identity(kOurs);
  for (size_t size = 28; size + 4 < whole.size(); ++size) {
    CAPTURE(size);
    std::string bytes = whole.substr(0, size);
    put_le32(bytes, crc32c(0, bytes));
    CHECK(!decode_identity(bytes));
  }
}

// What a copy on disk may be like.
enum class State { kMissing, kGood, kDamaged, kOther };

void write(FakeDisk& disk, std::string_view name, State state) {
  if (state == State::kMissing) return;
  std::string bytes = encode_identity(state == State::kOther ? kStrange : kOurs);
  if (state == State::kDamaged) bytes[20] = static_cast<char>(bytes[20] ^ 1);
  REQUIRE(write_file_atomically(disk, "/d/" + std::string(name), bytes));
}

TEST_CASE("of two copies one is enough, and mends the other") {
  QuietLog quiet;
  for (const State a : {State::kMissing, State::kGood, State::kDamaged, State::kOther}) {
    for (const State b : {State::kMissing, State::kGood, State::kDamaged, State::kOther}) {
      CAPTURE(static_cast<int>(a));
      CAPTURE(static_cast<int>(b));
      FakeDisk disk;
      REQUIRE(disk.create_directory("/d"));
      write(disk, kIdentityFiles[0], a);
      write(disk, kIdentityFiles[1], b);
      const auto loaded = load_identity(disk, "/d");
      const auto readable = [](State s) { return s == State::kGood || s == State::kOther; };
      if (a == State::kMissing && b == State::kMissing) {
        REQUIRE(loaded);
        CHECK(!loaded->has_value());
      } else if ((readable(a) || readable(b)) && !(readable(a) && readable(b) && a != b)) {
        REQUIRE(loaded);
        CHECK(loaded->value() == ((readable(a) ? a : b) == State::kOther ? kStrange : kOurs));
        for (const std::string_view name : kIdentityFiles) {
          CHECK(*read_file(disk, "/d/" + std::string(name), 1000) == encode_identity(loaded->value()));
        }
      } else {
        REQUIRE(!loaded);
        CHECK(loaded.error().code == Code::kCorrupt);
      }
    }
  }
}

TEST_CASE("a stored identity is there after a power cut") {
  FakeDisk disk;
  REQUIRE(disk.create_directory("/d"));
  REQUIRE(disk.sync_directory("/"));
  REQUIRE(store_identity(disk, "/d", kOurs));
  disk.for_each_crash_image([](FakeDisk& image) {
    const auto loaded = load_identity(image, "/d");
    REQUIRE(loaded);
    CHECK(loaded->value() == kOurs);
  });
}

TEST_CASE("a power cut while it is stored leaves it whole or not there") {
  QuietLog quiet;
  FakeDisk counting;
  REQUIRE(counting.create_directory("/d"));
  const uint64_t before = counting.calls();
  REQUIRE(store_identity(counting, "/d", kOurs));
  const uint64_t calls = counting.calls() - before;
  for (uint64_t n = 1; n <= calls; ++n) {
    CAPTURE(n);
    FakeDisk disk;
    REQUIRE(disk.create_directory("/d"));
    REQUIRE(disk.sync_directory("/"));
    disk.fail_call(n, Error{Code::kIo, "cut"}, FakeDisk::Repeat::kForEver);
    CHECK(!store_identity(disk, "/d", kOurs));
    disk.for_each_crash_image([](FakeDisk& image) {
      const auto loaded = load_identity(image, "/d");
      REQUIRE(loaded);
      if (loaded->has_value()) CHECK(loaded->value() == kOurs);
    });
  }
}

}  // namespace
}  // namespace viaduct::server
