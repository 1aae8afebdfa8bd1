#include "server/auto_tls.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include "net/tls_self_signed.h"
#include "test/support/manual_clock.h"
#include "test/support/quiet_log.h"
#include "test/support/temporary_directory.h"

namespace viaduct::server {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

struct Fixtures {
  QuietLog quiet;
  TemporaryDirectory directory;
  PosixDisk disk;
  ManualClock clock;
  net::TlsSettings settings;
  const std::string path = directory.path() + "/fixtures/client";

  std::string provide(uint32_t years = 1) {
    const auto provided = provide_self_signed(disk, clock, path, {"127.0.0.1", "localhost"}, years, settings);
    REQUIRE_MESSAGE(provided, (provided ? "" : provided.error().message));
    return content(path + "/cert.pem");
  }
};

TEST_CASE("a pair is made once, for its owner's eyes, and used again") {
  Fixtures fixtures;
  const std::string first = fixtures.provide();
  CHECK(fixtures.settings.cert_file == fixtures.path + "/cert.pem");
  CHECK(fixtures.settings.key_file == fixtures.path + "/key.pem");
  CHECK(check_tls_settings(fixtures.settings));
  CHECK(mode(fixtures.path) == 0700);
  CHECK(mode(fixtures.settings.cert_file) == 0600);
  CHECK(mode(fixtures.settings.key_file) == 0600);
  CHECK(fixtures.provide() == first);
}

TEST_CASE("a pair that has expired or cannot be used is made anew") {
  Fixtures fixtures;
  const std::string first = fixtures.provide();
  fixtures.clock.advance(std::chrono::hours(24 * 364));
  CHECK(fixtures.provide() == first);
  fixtures.clock.advance(std::chrono::hours(24 * 2));
  const std::string second = fixtures.provide(2);
  CHECK(second != first);
  CHECK(*net::certificate_end_s(second) - *net::certificate_end_s(first) > 2 * 365 * 86'400 - 86'400);
  std::ofstream(fixtures.settings.key_file) << "torn";
  const std::string third = fixtures.provide();
  CHECK(third != second);
  CHECK(std::remove(fixtures.settings.cert_file.c_str()) == 0);
  CHECK(fixtures.provide() != third);
  CHECK(check_tls_settings(fixtures.settings));
}

}  // namespace
}  // namespace viaduct::server
