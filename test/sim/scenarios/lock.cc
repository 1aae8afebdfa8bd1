#include "test/sim/scenarios/lock.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "test/cluster/lease_calls.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using cluster_test::Time;
using cluster_test::V2Answer;
using cluster_test::Violations;
using Clock = std::chrono::steady_clock;

constexpr char kDoor[] = "/play/lock/door", kTreasure[] = "/play/lock/treasure";
constexpr auto kPatience = 2s;
constexpr uint64_t kTtl = 2;  // seconds

}  // namespace

// Takes and leaves it through v2.
class Lock::V2Half : cluster_test::Worker<cluster_test::V2Client> {
 public:
  V2Half(Stage& stage, size_t number, uint64_t seed) : Worker(stage.workload, number, seed) {}

  // The fence; 0: not taken, as far as it knows.
  uint64_t take(const std::string& who) {
    const std::string form = "value=" + who + "&ttl=" + std::to_string(kTtl);
    const V2Answer answer = client_->call("PUT", std::string(kDoor) + "?prevExist=false", form, kPatience);
    if (answer.kind != V2Answer::Kind::kAnswer || answer.status >= 500 || chance(5)) move();
    return answer.success() ? answer.revision : 0;
  }
  bool refresh(const std::string& who) {
    const std::string form = "refresh=true&prevExist=true&prevValue=" + who + "&ttl=" + std::to_string(kTtl);
    return client_->call("PUT", kDoor, form, kPatience).success();
  }
  void leave(const std::string& who) {
    client_->call("DELETE", std::string(kDoor) + "?prevValue=" + who, std::nullopt, kPatience);
  }
};

class Lock::Client : KvClient {
 public:
  Client(Lock& lock, size_t number, uint64_t seed)
      : KvClient(lock.stage_, lock.kv_calls_, number, seed), lock_(lock), v2_(lock.stage_, number, seed) {}

  void run() {
    while (!done()) {
      by_v2_ = chance(40);
      hold_ = Hold{new_value(), 0, Clock::now(), {}, {}};
      if (by_v2_ ? take_by_v2() : take_by_v3()) {
        hold();
        const std::lock_guard lock(lock_.mutex_);
        lock_.holds_.push_back(hold_);
      }
      if (chance(30)) break_in();
      sleep_ms(20, 150);
      if (chance(10)) move();
    }
  }

 private:
  bool take_by_v2() {
    const Time renewed = Clock::now();
    hold_.fence = v2_.take(hold_.who);
    hold_.had = Clock::now();
    hold_.until = stage_.sure_until(renewed, kTtl);
    return hold_.fence != 0;
  }

  bool take_by_v3() {
    const Time renewed = Clock::now();
    const auto granted = cluster_test::grant_lease(*client_, kTtl, kPatience);
    if (!granted) {
      move();
      return false;
    }
    lease_ = granted->id;
    TxnRequest request;
    add_compare_create(request, kDoor, 0);
    add_put(request, kDoor, hold_.who);
    request.mutable_success(0)->mutable_request_put()->set_lease(lease_);
    request.add_failure()->mutable_request_range()->set_key(kDoor);
    const std::optional<TxnResponse> answer = txn(request);
    if (!answer || !answer->succeeded()) return false;
    hold_.fence = static_cast<uint64_t>(answer->header().revision());
    hold_.had = Clock::now();
    hold_.until = stage_.sure_until(renewed, kTtl);
    return true;
  }

  void hold() {
    old_fence_ = hold_.fence;
    for (uint64_t rounds = below(8); rounds > 0 && !done(); --rounds) {
      const uint64_t dice = below(100);
      if (dice < 50)
        write();
      else if (dice < 75)
        renew();
      else
        sleep_ms(10, 900);
    }
    if (chance(70)) leave();  // else it is forgotten, and ends by itself
  }

  void write() {
    const bool was_sure = Clock::now() < hold_.until;
    const std::optional<TxnResponse> answer = guarded_put(hold_.fence);
    if (answer && !answer->succeeded() && was_sure && Clock::now() < hold_.until) {
      stage_.workload.complain("INV-E1: " + hold_.who + " lost the lock of fence " + std::to_string(hold_.fence) +
                               " early");
    }
  }

  std::optional<TxnResponse> guarded_put(uint64_t fence) {
    TxnRequest request;
    add_compare_create(request, kDoor, static_cast<int64_t>(fence));
    add_put(request, kTreasure, std::to_string(fence) + " " + new_value());
    return txn(request);
  }

  // With the fence of an earlier hold: it must be refused if that is over.
  void break_in() {
    if (old_fence_ > 0) guarded_put(old_fence_);
  }

  void renew() {
    const Time renewed = Clock::now();
    if (by_v2_ ? v2_.refresh(hold_.who) : keep_alive()) {
      if (renewed > hold_.until) return;  // no longer sure, whatever that says of now
      hold_.until = stage_.sure_until(renewed, kTtl);
    }
  }

  bool keep_alive() { return cluster_test::renew_lease(port_, lease_, kPatience).value_or(0) > 0; }

  void leave() {
    hold_.until = std::min(hold_.until, Clock::now());
    if (by_v2_) return v2_.leave(hold_.who);
    if (!cluster_test::revoke_lease(*client_, lease_, kPatience)) move();
  }

  Lock& lock_;
  V2Half v2_;
  bool by_v2_ = false;
  Hold hold_;
  int64_t lease_ = 0;
  uint64_t old_fence_ = 0;
};

void Lock::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

void check_holds(std::vector<Lock::Hold> holds, Violations& violations) {
  std::ranges::sort(holds, {}, &Lock::Hold::fence);
  for (size_t i = 1; i < holds.size(); ++i) {
    const Lock::Hold &before = holds[i - 1], &after = holds[i];
    const std::string both = before.who + " of fence " + std::to_string(before.fence) + " and " + after.who +
                             " of fence " + std::to_string(after.fence);
    if (before.fence == after.fence) violations.add("INV-E7", "one fence for two: " + both);
    if (after.had < before.asked) violations.add("INV-E7", "fences against time: " + both);
    if (after.had < before.until) violations.add("INV-E1", "the second had the lock while the first was sure: " + both);
  }
}

void Lock::judge(const Evidence& evidence, Violations& violations) {
  const Past& past = evidence.past;
  judge_calls(evidence, {}, violations);
  check_holds(holds_, violations);
  uint64_t newest = 0;
  for (const KeyChange& change : past.changes()) {
    if (change.key != kTreasure || !change.after) continue;
    const uint64_t fence = std::strtoull(change.after->kv.value().c_str(), nullptr, 10);
    if (fence < newest)
      violations.add("INV-E7",
                     "a write with the old fence " + std::to_string(fence) + " after " + std::to_string(newest));
    newest = std::max(newest, fence);
  }
}

}  // namespace viaduct::sim
