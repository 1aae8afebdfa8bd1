#include "test/cluster/ttl_load.h"

#include "test/cluster/v3_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 2s;

}  // namespace

void TtlLoad::run() {
  while (!done()) {
    LeaseLife life;
    put(life);
    for (uint64_t rounds = below(6); life.key_was_put && rounds > 0 && !done(); --rounds) {
      sleep_ms(300, 700);
      if (chance(20)) move();
      if (!refresh(life)) break;
    }
    lives_.add(life);
    sleep_ms(20, 200);
  }
}

void TtlLoad::put(LeaseLife& life) {
  life.key = kV3Leases + new_value();
  life.ttl = std::chrono::seconds(2 + below(2));
  life.renewed_since = Clock::now();
  const std::string form = "value=v&ttl=" + std::to_string(life.ttl.count());
  life.key_was_put = client_->call("PUT", life.key, form, kPatience).success();
  life.maybe_renewed_until = Clock::now();
  if (!life.key_was_put) move();
}

// False: the key is gone, or the member does not answer.
bool TtlLoad::refresh(LeaseLife& life) {
  const Time called = Clock::now();
  const std::string form = "refresh=true&prevExist=true&ttl=" + std::to_string(life.ttl.count());
  const V2Answer answer = client_->call("PUT", life.key, form, kPatience);
  life.maybe_renewed_until = Clock::now() + (answer.unknown() ? kPatience : 0s);  // it may yet arrive
  if (!answer.success()) return false;
  life.renewed_since = called;
  return true;
}

}  // namespace viaduct::cluster_test
