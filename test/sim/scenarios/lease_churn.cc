#include "test/sim/scenarios/lease_churn.h"

#include <algorithm>
#include <chrono>

#include "test/cluster/lease_calls.h"
#include "test/sim/scheduler.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Time;
using cluster_test::Violations;
using Clock = std::chrono::steady_clock;

constexpr char kPrefix[] = "/play/lease/";
constexpr auto kPatience = 2s;
constexpr uint64_t kMostKeys = 8;
constexpr int kNotFound = 5;

}  // namespace

class LeaseChurn::Client : KvClient {
 public:
  Client(LeaseChurn& churn, size_t number, uint64_t seed)
      : KvClient(churn.stage_, churn.kv_calls_, number, seed), churn_(churn) {}

  void run() {
    while (!done()) {
      life_ = Life();
      if (grant()) {
        live();
        const std::lock_guard lock(churn_.mutex_);
        churn_.lives_.push_back(life_);
      }
      sleep_ms(10, 80);
      if (chance(20)) move();
    }
  }

 private:
  bool grant() {
    const uint64_t ttl = 2 + below(4);
    const Time called = Clock::now();
    const auto granted = cluster_test::grant_lease(*client_, ttl, kPatience);
    if (!granted) {
      move();
      return false;
    }
    life_.id = granted->id;
    ttl_ = static_cast<uint64_t>(granted->ttl);
    life_.earliest_end = stage_.sure_until(called, ttl_);
    if (chance(50)) move();
    if (chance(30)) renew();  // at once, wherever
    return true;
  }

  void live() {
    put_all();
    for (uint64_t rounds = below(6); rounds > 0 && !done(); --rounds) {
      const uint64_t dice = below(100);
      if (dice < 40)
        renew();
      else if (dice < 55)
        put_one();
      else if (dice < 65)
        free_one();
      else if (dice < 80)
        ask_about();
      sleep_ms(10, 400);
      if (chance(20)) move();
    }
    if (chance(40)) revoke();
  }

  bool is_sure() const { return Clock::now() < life_.earliest_end && !life_.maybe_revoked; }

  std::string new_key() { return kPrefix + std::to_string(below(100)) + "/" + new_value(); }

  void put_all() {
    TxnRequest request;
    std::set<std::string> keys;
    for (uint64_t i = 1 + below(kMostKeys); i > 0; --i) {
      const std::string key = new_key();
      add_put(request, key, new_value());
      request.mutable_success(request.success_size() - 1)->mutable_request_put()->set_lease(life_.id);
      keys.insert(key);
    }
    put(request, keys);
  }

  void put_one() {
    TxnRequest request;
    const std::string key = new_key();
    add_put(request, key, new_value());
    request.mutable_success(0)->mutable_request_put()->set_lease(life_.id);
    put(request, {key});
  }

  void put(const TxnRequest& request, const std::set<std::string>& keys) {
    if (keys.empty()) return;
    if (txn(request))
      life_.keys.insert(keys.begin(), keys.end());
    else if (last_status().code == kNotFound && is_sure())
      complain("INV-E4", "takes no key while it must be there");
  }

  // A put without the lease takes the key from it.
  void free_one() {
    if (life_.keys.empty()) return;
    const std::string key = *life_.keys.begin();
    life_.keys.erase(key);
    TxnRequest request;
    add_put(request, key, new_value());
    txn(request);
  }

  void renew() {
    const Time called = Clock::now();
    const std::optional<int64_t> ttl = cluster_test::renew_lease(port_, life_.id, kPatience);
    if (!ttl) return move();
    if (*ttl > 0) {
      life_.earliest_end = std::max(life_.earliest_end, stage_.sure_until(called, ttl_));
    } else if (is_sure()) {
      complain("INV-E4", "is said to be gone while it must be there");
    }
  }

  void ask_about() {
    LeaseTimeToLiveRequest request;
    request.set_id(life_.id);
    request.set_keys(true);
    LeaseTimeToLiveResponse response;
    if (!client_->call("Lease/LeaseTimeToLive", request, response, kPatience).ok()) return move();
    if (!is_sure()) return;
    if (response.ttl() < 0) return complain("INV-E4", "is said to be gone while it must be there");
    for (const std::string& key : life_.keys) {
      if (std::ranges::find(response.keys(), key) == response.keys().end())
        complain("INV-E5", "is said not to own " + key);
    }
  }

  void revoke() {
    life_.maybe_revoked = true;
    if (!cluster_test::revoke_lease(*client_, life_.id, kPatience)) return move();
    if (chance(50)) move();
    if (cluster_test::renew_lease(port_, life_.id, kPatience).value_or(0) > 0)
      complain("INV-E3", "was renewed after it had been revoked");
  }

  void complain(const std::string& rule, const std::string& what) {
    stage_.workload.complain(rule + ": lease " + std::to_string(life_.id) + " " + what);
  }

  LeaseChurn& churn_;
  Life life_;
  uint64_t ttl_ = 0;  // seconds
};

void LeaseChurn::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void LeaseChurn::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {kPrefix}, violations);
  for (const Life& life : lives_) check_life(life, evidence, violations);
}

void check_life(const LeaseChurn::Life& life, const Evidence& evidence, Violations& violations) {
  const std::string name = "lease " + std::to_string(life.id);
  std::set<uint64_t> ends;
  for (const KeyChange& change : evidence.past.changes()) {
    if (!change.after && life.keys.contains(change.key)) ends.insert(change.revision);
  }
  if (ends.empty()) return;
  if (ends.size() > 1) violations.add("INV-E5", name + " ended at " + std::to_string(ends.size()) + " revisions");
  const uint64_t end = *ends.begin();
  std::set<std::string> gone;
  std::string last;
  for (const KeyChange* change : evidence.past.changes_at(end)) {
    if (change->key <= last) violations.add("INV-E5", name + " let " + change->key + " go after " + last);
    last = change->key;
    gone.insert(change->key);
    const KeyState* const before = evidence.past.at(change->key, end - 1);
    if (before && before->kv.lease() != life.id)
      violations.add("INV-A8", name + " ended together with " + std::to_string(before->kv.lease()));
  }
  for (const std::string& key : life.keys) {
    if (!gone.contains(key)) violations.add("INV-E5", name + " ended without " + key);
  }
  const Machine world;  // whose clock the clients have, and which is right
  const Time ended(std::chrono::nanoseconds(world.monotonic(evidence.chronicle.first_applied(Revision(end)))));
  if (!life.maybe_revoked && ended < life.earliest_end)
    violations.add("INV-E1", name + " ended too early, at " + std::to_string(end));
}

}  // namespace viaduct::sim
