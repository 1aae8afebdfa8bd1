#include "v3bridge/counts.h"

#include <doctest/doctest.h>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

struct CountedWorld : World {
  void run(const Command& command) {
    const size_t events_before = events().size();
    counts.count(command, apply(command));
    for (size_t i = events_before; i < events().size(); ++i) counts.count(*events()[i]);
  }
  ApplyCounts counts;
};

TEST_CASE("what applying did is counted, whichever API asked for it and whatever came of it") {
  CountedWorld world;
  world.run(v2_set("/d/a", "12"));
  world.run(v3_put("/d/b", "1"));
  world.run(v3_txn({v3_put("/d/c", ""), v3_put("/d/e", ""), v3_delete("/d/b")}));
  world.run(v3_txn({v3_delete("/none")}));
  world.run(v3_txn({v3_put("/x", "", 99)}));
  world.run(v2_delete("/d", true));  // a, c and e go along
  world.run(v2_delete("/none"));
  world.run(grant(7, 10));
  world.run(grant(7, 10));
  world.run(renew(7));
  world.run(renew(8));
  world.run(v3_put("/l", "", 7));
  world.run(with_ttl(v2_set("/t"), 0));
  world.run(expire({store::kFirstV2LeaseId + world.numbers().seq.value}));
  world.run(revoke(7));
  CHECK(world.counts.keys_put == 6);
  CHECK(world.counts.keys_deleted == 6);
  CHECK(world.counts.put_bytes == 6 + 5 + 4 + 4 + 2 + 2);
  CHECK(world.counts.transactions == 1);
  CHECK(world.counts.leases_granted == 1);
  CHECK(world.counts.leases_renewed == 1);
  CHECK(world.counts.leases_revoked == 1);
  CHECK(world.counts.expired == 1);
  CHECK(world.counts.v2_success[V2Write::SET] == 2);
  CHECK(world.counts.v2_success[V2Write::DELETE] == 1);
  CHECK(world.counts.v2_failure[V2Write::DELETE] == 1);
}

}  // namespace
}  // namespace viaduct::v3bridge
