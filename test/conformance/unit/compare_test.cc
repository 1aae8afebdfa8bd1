#include "test/conformance/compare.h"

#include <doctest/doctest.h>

#include "test/conformance/differences.h"

using namespace viaduct::conformance;

TEST_CASE("a field that one side lacks differs") {
  const Record oracle{{{"1.status", "200"}, {"1.header.Allow", "GET"}}, {}};
  const Record tested{{{"1.status", "200"}, {"1.header.Server", "x"}}, {}};
  const std::vector<Difference> differences = compare(oracle, tested);
  REQUIRE(differences.size() == 2);
  CHECK(differences[0].field == "1.header.Allow");
  CHECK(differences[0].tested == "-");
  CHECK(differences[1].field == "1.header.Server");
  CHECK(differences[1].oracle == "-");
}

TEST_CASE("a listed difference covers the case, field and answer it names, and is stale otherwise") {
  auto differences = Differences::parse(
      "# why they differ\n"
      "http/* | *.status | HTTP/1.1 400 * | stricter | on purpose\n"
      "* | *.header.Gone | - | no longer sent\n");
  REQUIRE(differences);
  CHECK(differences->covers("http/a", "2.status", "HTTP/1.1 400 Bad Request"));
  CHECK(!differences->covers("http/a", "2.status", "HTTP/1.1 500 Oops"));
  CHECK(!differences->covers("http/a", "2.body", "HTTP/1.1 400 Bad Request"));
  CHECK(!differences->covers("keys/a", "2.status", "HTTP/1.1 400 Bad Request"));
  CHECK(differences->stale() == std::vector<std::string>{"* | *.header.Gone | - | no longer sent"});
}

TEST_CASE("a listed difference needs a reason") {
  CHECK(!Differences::parse("http/* | *.status | *\n"));
  CHECK(!Differences::parse("http/* | *.status | * | \n"));
}
