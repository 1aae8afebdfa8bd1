#include "test/sim/scenarios/owners.h"

#include <chrono>
#include <string>
#include <vector>

#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

using cluster_test::Time;
using cluster_test::Violations;

constexpr uint64_t kFirstLease = 7, kSecondLease = 8;
const std::string kFirstKey = "/n/7", kSecondKey = "/n/8";

Time at(int seconds) { return Time(std::chrono::seconds(seconds)); }

// By revision: 2: the first has the name, 3: the second waits, 4: the first says more, 5: it goes, 6: the second says
// more, 7: it goes.
Past past() {
  Log log;
  log.put(kFirstKey, "a", kFirstLease)
      .put(kSecondKey, "b", kSecondLease)
      .put(kFirstKey, "A", kFirstLease)
      .erase(kFirstKey);
  return log.put(kSecondKey, "B", kSecondLease).erase(kSecondKey).put("/elsewhere", "x").past();
}

Owners::Claim first() { return {"/n", kFirstKey, 2, 2, kFirstLease, 3, {"first", 0, at(1), at(2), at(5)}}; }
Owners::Claim second() { return {"/n", kSecondKey, 5, 3, kSecondLease, 6, {"second", 0, at(2), at(6), at(8)}}; }

mvccpb::KeyValue key_value(const std::string& key, const std::string& value, int64_t created, int64_t modified,
                           int64_t version, int64_t lease) {
  mvccpb::KeyValue kv;
  kv.set_key(key);
  kv.set_value(value);
  kv.set_create_revision(created);
  kv.set_mod_revision(modified);
  kv.set_version(version);
  kv.set_lease(lease);
  return kv;
}

}  // namespace

TEST_CASE("INV-E7: who is told that it has the name had it in its time, and nobody else did") {
  struct Case {
    std::string name;
    std::vector<Owners::Claim> claims;
    std::string rule;
  };
  const auto changed = [](Owners::Claim claim, auto change) {
    change(claim);
    return claim;
  };
  using Claim = Owners::Claim;
  for (const Case& c : {
           Case{"one after the other", {first(), second()}, ""},
           Case{"told in the other order", {second(), first()}, ""},
           Case{"a lock, whose answer tells no fence", {changed(second(), [](Claim& k) { k.created = 0; })}, ""},
           Case{"told of when it was asked for", {changed(second(), [](Claim& k) { k.revision = 3; })}, ""},
           Case{"not looked at again", {changed(second(), [](Claim& k) { k.seen = 0; })}, ""},
           Case{"before its key was there", {changed(second(), [](Claim& k) { k.revision = 2; })}, "INV-E7"},
           Case{"after its key had gone", {changed(first(), [](Claim& k) { k.revision = 5; })}, "INV-E7"},
           Case{"with a fence that is not its key's", {changed(second(), [](Claim& k) { k.created = 2; })}, "INV-E7"},
           Case{"with another's lease", {changed(second(), [](Claim& k) { k.lease = kFirstLease; })}, "INV-E7"},
           Case{"with a key of another name", {changed(first(), [](Claim& k) { k.name = "/m"; })}, "INV-E7"},
           Case{"while the older key was there", {changed(second(), [](Claim& k) { k.seen = 4; })}, "INV-E7"},
           Case{"while the first was sure",
                {changed(first(), [](Claim& k) { k.hold.until = at(7); }), second()},
                "INV-E1"},
           Case{"answered before the first had asked",
                {changed(first(), [](Claim& k) { k.hold.asked = at(7); }), second()},
                "INV-E7"},
           Case{"both by one key", {first(), first()}, "INV-E7"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_claims(past(), c.claims, violations);
    check_first(violations, c.rule);
  }
}

TEST_CASE("INV-E7: who goes while an older key is there never had the name") {
  Log log;
  log.put(kFirstKey, "a", kFirstLease).put(kSecondKey, "b", kSecondLease).erase(kSecondKey);
  Owners::Claim claim = second();
  claim.revision = 3;
  claim.seen = 0;
  Violations violations;
  check_claims(log.past(), {claim}, violations);
  check_first(violations, "INV-E7");
}

TEST_CASE("INV-E7: who is said to lead does at that revision, with that value") {
  struct Case {
    std::string name;
    Owners::Sight sight;
    std::string rule;
  };
  const auto a = key_value(kFirstKey, "a", 2, 2, 1, kFirstLease), b = key_value(kSecondKey, "b", 3, 3, 1, kSecondLease),
             more = key_value(kFirstKey, "A", 2, 4, 2, kFirstLease);
  for (const Case& c : {
           Case{"the first", {"/n", a, 2}, ""},
           Case{"the first while the second waits", {"/n", a, 3}, ""},
           Case{"what the first said more", {"/n", more, 4}, ""},
           Case{"the same by who said it", {"/n", key_value(kFirstKey, "A", 2, 4, 0, kFirstLease), 4}, ""},
           Case{"the second", {"/n", b, 5}, ""},
           Case{"nobody yet", {"/n", a, 1}, "INV-E7"},
           Case{"nobody any more", {"/n", b, 8}, "INV-E7"},
           Case{"who waits", {"/n", b, 4}, "INV-E7"},
           Case{"what it said before", {"/n", a, 4}, "INV-E7"},
           Case{"with another fence", {"/n", key_value(kFirstKey, "A", 3, 4, 2, kFirstLease), 4}, "INV-E7"},
           Case{"with another's lease", {"/n", key_value(kFirstKey, "A", 2, 4, 2, kSecondLease), 4}, "INV-E7"},
           Case{"of another name", {"/m", a, 2}, "INV-E7"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_sights(past(), {c.sight}, violations);
    check_first(violations, c.rule);
  }
}

}  // namespace viaduct::sim
