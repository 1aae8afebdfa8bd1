// What becomes of the figures: medians, their text, the document.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "bench/failure.h"
#include "bench/format.h"
#include "bench/report.h"
#include "bench/samples.h"

namespace viaduct::bench {
namespace {

TEST_CASE("a median is the middle value, or the mean of the middle two") {
  Samples samples;
  CHECK(std::isnan(samples.median("a", "x")));
  CHECK_FALSE(samples.has("x"));
  samples.add("a", "x", 9);
  CHECK(samples.median("a", "x") == 9);
  samples.add("a", "x", 1);
  CHECK(samples.median("a", "x") == 5);
  samples.add("a", "x", 100);
  CHECK(samples.median("a", "x") == 9);
  CHECK(samples.spread("a", "x") == 11);
  CHECK(samples.has("x"));
  CHECK(samples.count("b", "x") == 0);
}

TEST_CASE("numbers keep the digits that mean something") {
  CHECK(three_digits(0.01234) == "0.012");
  CHECK(three_digits(1.234) == "1.23");
  CHECK(three_digits(45.67) == "45.7");
  CHECK(three_digits(7) == "7");
  CHECK(three_digits(1234.5) == "1,234");
  CHECK(whole(999) == "999");
  CHECK(whole(1000) == "1,000");
  CHECK(whole(-1234567) == "-1,234,567");
  CHECK(ratio(2) == "2.00 ×");
  CHECK(ratio(std::nan("")) == "–");
}

TEST_CASE("a result replaces the last one and nothing else of the document") {
  std::string directory = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const std::string name = directory + "/document";
  const auto text = [&] {
    std::ifstream in(name);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  std::ofstream(name) << "before\n<!-- last result: begin -->\nold\n<!-- last result: end -->\nbehind\n";
  for (const char* result : {"new\n", "newer\n"}) {
    write_between_markers(name, "last result", result);
    CHECK(text() ==
          std::string("before\n<!-- last result: begin -->\n\n") + result + "\n<!-- last result: end -->\nbehind\n");
  }
  std::ofstream(name) << "no markers\n";
  CHECK_THROWS_AS(write_between_markers(name, "last result", "new"), Failure);
  CHECK(text() == "no markers\n");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace viaduct::bench
