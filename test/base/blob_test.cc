#include "base/blob.h"

#include <doctest/doctest.h>

#include <string>

namespace viaduct {
namespace {

TEST_CASE("a blob without bytes is not the same as an empty one") {
  const Blob null;
  const Blob empty("");
  CHECK_FALSE(null);
  CHECK(empty);
  CHECK(null.size() == 0);
  CHECK(empty.size() == 0);
  CHECK(null.view().empty());
  CHECK(empty.view().empty());
}

TEST_CASE("a blob copies its bytes once and shares them with its copies") {
  std::string source("\0value\xff", 7);
  const Blob blob(source);
  source.assign(7, 'x');
  CHECK(blob.view() == std::string("\0value\xff", 7));

  const Blob copy = blob;
  CHECK(copy.view().data() == blob.view().data());
}

TEST_CASE("bytes live until their last owner is gone") {
  Blob last;
  {
    const Blob first("kept");
    Blob second = first;
    last = std::move(second);
    CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): a moved-from blob is null
  }
  CHECK(last.view() == "kept");
  last = Blob("other");
  CHECK(last.view() == "other");
  Blob& alias = last;
  last = alias;
  CHECK(last.view() == "other");
}

}  // namespace
}  // namespace viaduct
