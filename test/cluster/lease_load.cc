#include "test/cluster/lease_load.h"

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/lease_calls.h"
#include "test/cluster/v3_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 2s;

}  // namespace

void LeaseLoad::run() {
  while (!done()) {
    LeaseLife life;
    if (grant(life)) {
      put_key(life);
      keep_alive(life);
      lives_.add(life);
    }
    sleep_ms(20, 200);
    if (chance(30)) move();
  }
}

bool LeaseLoad::grant(LeaseLife& life) {
  const uint64_t ttl = 2 + below(2);
  const Time called = Clock::now();
  const std::optional<Granted> granted = grant_lease(*client_, ttl, kPatience);
  if (!granted) {
    move();
    return false;
  }
  life.id = granted->id;
  life.ttl = std::chrono::seconds(granted->ttl);
  life.renewed_since = called;
  life.maybe_renewed_until = Clock::now();
  life.key = kV3Leases + new_value();
  return true;
}

void LeaseLoad::put_key(LeaseLife& life) {
  PutRequest request;
  request.set_key(life.key);
  request.set_lease(life.id);
  PutResponse response;
  // Refused: the lease is gone already, which takes its time.
  life.key_was_put = client_->call("KV/Put", request, response, kPatience).ok();
  if (!life.key_was_put) move();
}

void LeaseLoad::keep_alive(LeaseLife& life) {
  for (uint64_t rounds = below(6); rounds > 0 && !done(); --rounds) {
    if (chance(20)) move();
    if (!renew(life)) return;
    sleep_ms(300, 700);
  }
}

// False: the lease is gone, or the member does not answer.
bool LeaseLoad::renew(LeaseLife& life) {
  const Time called = Clock::now();
  const std::optional<int64_t> ttl = renew_lease(port_, life.id, kPatience);
  life.maybe_renewed_until = Clock::now() + (ttl ? 0s : kPatience);  // it may yet arrive
  if (ttl.value_or(0) <= 0) return false;
  life.renewed_since = called;
  return true;
}

}  // namespace viaduct::cluster_test
