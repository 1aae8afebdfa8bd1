#include "v3bridge/space.h"

#include <doctest/doctest.h>

#include <string>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

Command txn_of(const std::vector<Command>& success, const std::vector<Command>& failure) {
  Command command = v3_txn(success);
  *command.mutable_txn()->mutable_failure() = v3_txn(failure).txn().success();
  return command;
}

TEST_CASE("a command costs what its puts may add, those of the dearer branch, and of nested txns too") {
  const Command small = v3_put("k", "v"), large = v3_put("key", std::string(1000, 'v'));
  constexpr uint64_t kSmall = 256 + 2, kLarge = 256 + 3 + 1000;
  struct Case {
    const char* name;
    Command command;
    uint64_t cost;
  };
  for (const Case& c : {
           Case{"put", small, kSmall},
           Case{"delete", v3_delete("k"), 0},
           Case{"txn of nothing", txn_of({}, {}), 0},
           Case{"txn of deletes", txn_of({v3_delete("a")}, {v3_delete("b")}), 0},
           Case{"txn", txn_of({small, small, v3_delete("a")}, {large}), kLarge},
           Case{"puts in the branch that may not be taken", txn_of({}, {small}), kSmall},
           Case{"nested", txn_of({small, v3_txn({v3_txn({large, small}), small})}, {large}), kLarge + 3 * kSmall},
           Case{"grant", grant(1, 10), 64},
           Case{"revoke", revoke(1), 0},
           Case{"compact", compact(1), 0},
           Case{"v2 set", v2_set("/k", "v"), kSmall + 1},
           Case{"v2 delete", v2_delete("/k"), 0},
       }) {
    CAPTURE(c.name);
    CHECK(space_cost(c.command) == c.cost);
  }
}

}  // namespace
}  // namespace viaduct::v3bridge
