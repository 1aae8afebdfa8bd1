#include "server/applied_configurations.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace viaduct::server {
namespace {

// A membership that can be told from others.
AppliedConfigurations::Members members_of(uint64_t id) { return {{MemberId(id), "m", {}, {}, false}}; }

std::vector<uint64_t> ids_of(const std::vector<AppliedConfigurations::Members>& taken) {
  std::vector<uint64_t> ids;
  for (const AppliedConfigurations::Members& members : taken) ids.push_back(members.front().id.value);
  return ids;
}

}  // namespace

TEST_CASE("a membership is taken up when its entry is applied, and once") {
  int woken = 0;
  AppliedConfigurations configurations([&] { ++woken; });
  CHECK(configurations.take(Index(0), Index(9)).empty());
  for (const uint64_t index : {3, 5, 8}) configurations.push(Index(index), members_of(index));
  CHECK(woken == 3);
  CHECK(ids_of(configurations.take(Index(2), Index(5))) == std::vector<uint64_t>{3, 5});
  CHECK(configurations.take(Index(5), Index(7)).empty());
  CHECK(ids_of(configurations.take(Index(7), Index(8))) == std::vector<uint64_t>{8});
  CHECK(configurations.take(Index(8), Index(100)).empty());
}

TEST_CASE("a membership of before an installed state does not replace that of the state") {
  AppliedConfigurations configurations([] {});
  for (const uint64_t index : {3, 5, 12}) configurations.push(Index(index), members_of(index));
  CHECK(ids_of(configurations.take(Index(10), Index(12))) == std::vector<uint64_t>{12});
  configurations.push(Index(9), members_of(9));
  CHECK(configurations.take(Index(12), Index(12)).empty());
}

}  // namespace viaduct::server
