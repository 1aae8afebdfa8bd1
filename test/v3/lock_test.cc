#include "v3/lock.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "test/v3/service_world.h"
#include "v3lockpb/v3lock.pb.h"

namespace viaduct::v3 {
namespace {

using v3lockpb::LockRequest;
using v3lockpb::LockResponse;
using v3lockpb::UnlockRequest;
using v3lockpb::UnlockResponse;
using Lines = std::vector<std::string>;
using SaidPtr = std::shared_ptr<Said>;

struct LockWorld : ServiceWorld {
  LockWorld() { add_lock_methods(methods, engine, options, signals); }

  void grant(int64_t lease) {
    Command command;
    command.mutable_lease_grant()->set_id(static_cast<uint64_t>(lease));
    command.mutable_lease_grant()->set_ttl_seconds(10);
    apply(command);
  }
  void revoke(int64_t lease) {
    Command command;
    command.mutable_lease_revoke()->set_id(static_cast<uint64_t>(lease));
    apply(command);
  }
  SaidPtr lock(const std::string& name, int64_t lease) {
    LockRequest request;
    request.set_name(name);
    request.set_lease(lease);
    return call("/v3lockpb.Lock/Lock", request);
  }
  SaidPtr unlock(const std::string& key) {
    UnlockRequest request;
    request.set_key(key);
    return call("/v3lockpb.Lock/Unlock", request);
  }
  size_t watches() { return engine.hub().size(); }
};

// "L/37 @2", or how it failed, or that it waits.
std::string text(const SaidPtr& said) {
  if (!said->end) return said->client_is_gone ? "gone" : "waits";
  if (!said->end->ok()) return std::to_string(static_cast<int>(said->end->code)) + " " + said->end->message;
  const auto response = said->message<LockResponse>(0);
  CHECK(response.header().cluster_id() == 0xc);
  CHECK(response.header().raft_term() == 7);
  return response.key() + " @" + std::to_string(response.header().revision());
}

TEST_CASE("a lock that nobody holds is had at once, under a key with the lease in hex") {
  struct Case {
    const char* name;
    int64_t lease;
    const char* key;
  };
  for (const Case& c :
       {Case{"L", 55, "L/37"}, Case{"", 55, "/37"}, Case{"/a/b", 0xabc, "/a/b/abc"}, Case{"L", -1, "L/-1"},
        Case{"L", -255, "L/-ff"}, Case{"L", std::numeric_limits<int64_t>::min(), "L/-8000000000000000"},
        Case{"L", std::numeric_limits<int64_t>::max(), "L/7fffffffffffffff"}}) {
    CAPTURE(c.key);
    LockWorld world;
    world.grant(c.lease);
    const auto held = world.lock(c.name, c.lease);
    CHECK(text(held) == std::string(c.key) + " @2");
    CHECK(world.keys() == Lines{std::string(c.key) + "= lease " + std::to_string(c.lease) + " from 2"});
    CHECK(world.watches() == 0);
  }
}

TEST_CASE("who has the lock gets it again with the same key and no new revision") {
  LockWorld world;
  world.grant(5);
  CHECK(text(world.lock("L", 5)) == "L/5 @2");
  CHECK(text(world.lock("L", 5)) == "L/5 @2");
  CHECK(world.revision() == 2);
}

TEST_CASE("without a lease one of a minute is granted") {
  LockWorld world;
  const auto held = world.lock("L", 0);
  REQUIRE(held->end == Status());
  const std::string key = held->message<LockResponse>(0).key();
  const uint64_t lease = std::stoull(key.substr(2), nullptr, 16);
  const store::Store::ReadLock lock(world.engine.store());
  const store::Lease* const found = world.engine.store().find_lease(LeaseId(lease));
  REQUIRE(found);
  CHECK(found->ttl_seconds == 60);
  CHECK(lease <= uint64_t(std::numeric_limits<int64_t>::max()));
}

TEST_CASE("a lease shorter than a change of leaders takes is not granted for a lock either") {
  ServiceWorld world;
  world.options.election_timeout = std::chrono::seconds(50);
  add_lock_methods(world.methods, world.engine, world.options, world.signals);
  LockRequest request;
  world.call("/v3lockpb.Lock/Lock", request);
  const store::Store::ReadLock lock(world.engine.store());
  world.engine.store().each_lease([](const store::Lease& lease) {
    CHECK(lease.ttl_seconds == 75);
    return true;
  });
}

TEST_CASE("waiters get the lock in the order in which they came, each when the one before has gone") {
  LockWorld world;
  for (const int64_t lease : {9, 3, 7, 5}) world.grant(lease);
  const auto first = world.lock("L", 9), second = world.lock("L", 3), third = world.lock("L", 7);
  const auto other = world.lock("M", 5);
  CHECK(text(first) == "L/9 @2");
  CHECK(text(second) == "waits");
  CHECK(text(other) == "M/5 @5");
  CHECK(world.watches() == 2);

  CHECK(text(world.unlock("M/5")) == " @6");
  CHECK(text(second) == "waits");
  world.unlock("L/9");
  CHECK(text(second) == "L/3 @7");
  CHECK(text(third) == "waits");
  world.revoke(3);
  CHECK(text(third) == "L/7 @8");
  CHECK(world.watches() == 0);
}

TEST_CASE("a waiter in the middle that goes takes its key along, and wakes nobody for nothing") {
  LockWorld world;
  for (const int64_t lease : {1, 2, 3}) world.grant(lease);
  world.lock("L", 1);
  const auto middle = world.lock("L", 2), last = world.lock("L", 3);
  world.leave(middle);
  CHECK(text(middle) == "gone");
  CHECK(middle->call_is_gone);
  CHECK(world.keys() == Lines{"L/1= lease 1 from 2", "L/3= lease 3 from 4"});
  CHECK(text(last) == "waits");
  world.unlock("L/1");
  CHECK(text(last) == "L/3 @6");
  CHECK(world.watches() == 0);
}

TEST_CASE("names that begin alike are different locks") {
  LockWorld world;
  for (const int64_t lease : {1, 2, 3}) world.grant(lease);
  CHECK(text(world.lock("L", 1)) == "L/1 @2");
  CHECK(text(world.lock("L0", 2)) == "L0/2 @3");
  CHECK(text(world.lock("", 3)) == "/3 @4");
}

TEST_CASE("a change of the key that is waited for is not its end") {
  LockWorld world;
  world.grant(1);
  world.grant(2);
  world.lock("L", 1);
  const auto waiter = world.lock("L", 2);
  Command put;
  put.mutable_put()->set_key("L/1");
  put.mutable_put()->set_value("touched");
  world.apply(put);
  CHECK(text(waiter) == "waits");
  CHECK(world.watches() == 1);
  world.unlock("L/1");
  CHECK(text(waiter) == "L/2 @5");
}

TEST_CASE("a key that any client put below the name stands in the queue as well") {
  LockWorld world;
  world.grant(1);
  Command put;
  put.mutable_put()->set_key("L/else");
  world.apply(put);
  const auto waiter = world.lock("L", 1);
  CHECK(text(waiter) == "waits");
  world.unlock("L/else");
  CHECK(text(waiter) == "L/1 @4");
}

TEST_CASE("a waiter whose lease ended while it waited does not get the lock") {
  LockWorld world;
  world.grant(1);
  world.grant(2);
  world.lock("L", 1);
  const auto waiter = world.lock("L", 2);
  world.revoke(2);
  CHECK(text(waiter) == "waits");
  world.unlock("L/1");
  CHECK(text(waiter) == "2 mutex: session is expired");
  CHECK(world.keys().empty());
}

TEST_CASE("the own key that went and came again is another one") {
  LockWorld world;
  world.grant(1);
  world.grant(2);
  world.lock("L", 1);
  const auto waiter = world.lock("L", 2);
  world.unlock("L/2");
  const auto again = world.lock("L", 2);
  world.unlock("L/1");
  CHECK(text(waiter) == "2 mutex: session is expired");
  CHECK(text(again) == "L/2 @6");
}

TEST_CASE("a client that went while its key was on the way leaves none behind") {
  LockWorld world;
  world.grant(1);
  world.on_loop([&] { world.engine.hold(); });
  const auto waiter = world.lock("L", 1);
  world.leave(waiter);
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(world.revision() == 3);  // there and gone
  CHECK(world.keys().empty());
}

TEST_CASE("a client that went while it asked again for what it has, still has it") {
  LockWorld world;
  world.grant(1);
  world.lock("L", 1);
  world.on_loop([&] { world.engine.hold(); });
  const auto again = world.lock("L", 1);
  world.leave(again);
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(world.keys() == Lines{"L/1= lease 1 from 2"});
}

TEST_CASE("errors are of code Unknown, with their own texts") {
  LockWorld world;
  world.grant(1);
  world.grant(2);
  CHECK(text(world.lock("L", 77)) == "2 etcdserver: requested lease not found");
  CHECK(text(world.unlock("")) == "2 etcdserver: key is not provided");
  world.on_loop([&] { world.engine.refuse_next("etcdserver: request timed out"); });
  CHECK(text(world.lock("L", 1)) == "2 etcdserver: request timed out");
  world.on_loop([&] { world.engine.refuse_next("etcdserver: request timed out"); });
  CHECK(text(world.unlock("L/1")) == "2 etcdserver: request timed out");
  CHECK(text(world.lock(std::string(2 << 20, 'n'), 1)) == "2 etcdserver: request is too large");
  CHECK(world.revision() == 1);
}

TEST_CASE("a waiter that cannot learn whether it still has its key gives it up") {
  LockWorld world;
  world.grant(1);
  world.grant(2);
  world.lock("L", 1);
  const auto waiter = world.lock("L", 2);
  Command command;
  command.mutable_delete_range()->set_key("L/1");
  world.on_loop([&] {
    world.engine.apply(command);
    world.engine.refuse_next("etcdserver: request timed out");
  });
  world.settle();
  CHECK(text(waiter) == "2 etcdserver: request timed out");
  CHECK(world.keys().empty());
}

TEST_CASE("what was not locked can be unlocked") {
  LockWorld world;
  CHECK(text(world.unlock("none")) == " @1");
}

TEST_CASE("a thousand waiters cost a watch each, and one release wakes one of them") {
  LockWorld world;
  constexpr int64_t kWaiters = 1000;
  std::vector<SaidPtr> calls;
  for (int64_t lease = 1; lease <= kWaiters; ++lease) {
    world.on_loop([&] {
      Command command;
      command.mutable_lease_grant()->set_id(static_cast<uint64_t>(lease));
      command.mutable_lease_grant()->set_ttl_seconds(10);
      world.engine.apply(command);
      LockRequest request;
      request.set_name("L");
      request.set_lease(lease);
      calls.push_back(invoke(world.methods, "/v3lockpb.Lock/Lock", request, &world.loop()));
    });
  }
  world.settle();
  CHECK(world.watches() == kWaiters - 1);
  for (size_t i = 0; i + 1 < calls.size(); i += 100) {
    CHECK(text(calls[i]).starts_with("L/"));
    CHECK(text(calls[i + 1]) == "waits");
    for (size_t gone = i; gone < i + 100; ++gone) world.unlock("L/" + to_hex(gone + 1));
  }
  CHECK(world.watches() == 0);
  CHECK(world.keys().empty());
}

}  // namespace
}  // namespace viaduct::v3
