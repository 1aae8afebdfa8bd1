#include "test/sim/scenarios/owners.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "test/cluster/lease_calls.h"
#include "v3electionpb/v3election.pb.h"
#include "v3lockpb/v3lock.pb.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using namespace v3electionpb;
using namespace v3lockpb;
using cluster_test::Status;
using cluster_test::Time;
using cluster_test::Violations;
using Clock = std::chrono::steady_clock;

constexpr char kLock[] = "/play/owners/lock", kSeat[] = "/play/owners/seat", kTreasure[] = "/play/treasure/owners";
constexpr auto kPatience = 2s, kWait = 4s;  // for a name that others have
constexpr char kNotLeader[] = "election: not leader";
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

std::string keys_of(const std::string& name) { return name + "/"; }

}  // namespace

class Owners::Client : KvClient {
 public:
  Client(Owners& owners, size_t number, uint64_t seed)
      : KvClient(owners.stage_, owners.kv_calls_, number, seed), owners_(owners) {}

  void run() {
    while (!done()) {
      if (grant()) {
        chance(50) ? take_lock() : take_seat();
      } else {
        move();
      }
      if (chance(30)) look_at_leader();
      if (chance(20)) observe();
      sleep_ms(20, 150);
      if (chance(20)) move();
    }
  }

 private:
  bool grant() {
    ttl_ = 1 + below(4);
    claim_ = {};
    claim_.hold.who = new_value();
    claim_.hold.until = stage_.sure_until(Clock::now(), ttl_);
    const auto granted = cluster_test::grant_lease(*client_, ttl_, kPatience);
    if (granted) claim_.lease = granted->id;
    return granted.has_value();
  }

  void take_lock() {
    LockRequest request;
    request.set_name(kLock);
    request.set_lease(claim_.lease);
    LockResponse response;
    if (!claim(kLock, "v3lockpb.Lock/Lock", request, response)) return;
    claim_.key = response.key();
    leader_.Clear();
    have();
    UnlockRequest unlock;
    unlock.set_key(claim_.key);
    UnlockResponse unlocked;
    leave("v3lockpb.Lock/Unlock", unlock, unlocked);
  }

  void take_seat() {
    CampaignRequest request;
    request.set_name(kSeat);
    request.set_lease(claim_.lease);
    request.set_value(claim_.hold.who);
    CampaignResponse response;
    if (!claim(kSeat, "v3electionpb.Election/Campaign", request, response)) return;
    leader_ = response.leader();
    claim_.key = leader_.key();
    claim_.created = static_cast<uint64_t>(leader_.rev());
    have();
    ResignRequest resign;
    *resign.mutable_leader() = leader_;
    ResignResponse resigned;
    leave("v3electionpb.Election/Resign", resign, resigned);
  }

  template <typename Request, typename Response>
  bool claim(const char* name, const char* method, const Request& request, Response& response) {
    claim_.name = name;
    claim_.hold.asked = Clock::now();
    const bool granted = client_->call(method, request, response, kWait).ok();
    claim_.hold.had = Clock::now();
    if (granted) claim_.revision = static_cast<uint64_t>(response.header().revision());
    return granted;
  }

  void have() {
    fence_ = look();
    for (uint64_t rounds = below(6); rounds > 0 && !done(); --rounds) {
      const uint64_t dice = below(100);
      if (dice < 30 && fence_ != 0)
        write();
      else if (dice < 50 && leader_.rev() != 0)
        proclaim();
      else if (dice < 70)
        renew();
      else
        sleep_ms(10, 700);
    }
  }

  // The fence, and how far all had come by then.
  uint64_t look() {
    const std::optional<RangeResponse> keys = range(range_of(keys_of(claim_.name)));
    if (!keys) return 0;
    claim_.seen = static_cast<uint64_t>(keys->header().revision());
    const auto own = std::ranges::find(keys->kvs(), claim_.key, &mvccpb::KeyValue::key);
    return own == keys->kvs().end() ? 0 : static_cast<uint64_t>(own->create_revision());
  }

  bool is_sure() const { return Clock::now() < claim_.hold.until; }
  void lost(bool was_sure) {
    if (was_sure && is_sure()) workload_.complain("INV-E1: " + claim_.hold.who + " lost " + claim_.name + " early");
  }

  void write() {
    const bool was_sure = is_sure();
    TxnRequest request;
    add_compare_create(request, claim_.key, static_cast<int64_t>(fence_));
    add_put(request, kTreasure, new_value());
    const std::optional<TxnResponse> answer = txn(request);
    if (answer && !answer->succeeded()) lost(was_sure);
  }

  void proclaim() {
    const bool was_sure = is_sure();
    ProclaimRequest request;
    *request.mutable_leader() = leader_;
    request.set_value(new_value());
    ProclaimResponse response;
    const Status status = client_->call("v3electionpb.Election/Proclaim", request, response, kPatience);
    if (status.ok()) {
      mvccpb::KeyValue kv;
      kv.set_key(leader_.key());
      kv.set_value(request.value());
      kv.set_create_revision(leader_.rev());
      kv.set_mod_revision(response.header().revision());
      kv.set_lease(claim_.lease);
      add_sight(kSeat, std::move(kv), response.header());
    } else if (status.text == kNotLeader) {
      lost(was_sure);
    } else {
      move();
    }
  }

  void look_at_leader() {
    LeaderRequest request;
    request.set_name(kSeat);
    LeaderResponse response;
    if (client_->call("v3electionpb.Election/Leader", request, response, kPatience).ok())
      add_sight(kSeat, response.kv(), response.header());
  }

  // Leaders come in the order of their keys, values in the order they were written; some may be left out.
  void observe() {
    LeaderRequest request;
    request.set_name(kSeat);
    cluster_test::V3Stream stream(port_, "v3electionpb.Election/Observe", request);
    std::pair<int64_t, int64_t> newest;
    for (uint64_t rounds = 1 + below(6); rounds > 0 && !done(); --rounds) {
      LeaderResponse response;
      if (stream.next(response, kPatience) != cluster_test::V3Stream::Next::kMessage) return;
      const auto shown = std::pair(response.kv().create_revision(), response.kv().mod_revision());
      if (shown <= newest) workload_.complain("INV-E7: " + response.kv().key() + " is shown behind what came after it");
      newest = shown;
      add_sight(kSeat, response.kv(), response.header());
    }
  }

  void add_sight(const char* name, mvccpb::KeyValue kv, const ResponseHeader& header) {
    const std::lock_guard lock(owners_.mutex_);
    owners_.sights_.push_back({name, std::move(kv), static_cast<uint64_t>(header.revision())});
  }

  void renew() {
    const Time renewed = Clock::now();
    const bool lives = cluster_test::renew_lease(port_, claim_.lease, kPatience).value_or(0) > 0;
    if (lives && renewed < claim_.hold.until) claim_.hold.until = stage_.sure_until(renewed, ttl_);
  }

  // Or it is forgotten, and ends by itself.
  template <typename Request, typename Response>
  void leave(const char* method, const Request& request, Response& response) {
    if (chance(70)) {
      claim_.hold.until = std::min(claim_.hold.until, Clock::now());
      if (!client_->call(method, request, response, kPatience).ok()) move();
    }
    const std::lock_guard lock(owners_.mutex_);
    owners_.claims_.push_back(std::move(claim_));
  }

  Owners& owners_;
  uint64_t ttl_ = 0;
  Claim claim_;
  LeaderKey leader_;  // empty: it is a lock
  uint64_t fence_ = 0;
};

void Owners::play(size_t number, uint64_t seed) { Client(*this, number, seed).run(); }

namespace {

// A key from one creation to the next removal; revisions.
struct Life {
  std::string key;
  uint64_t created = 0, ended = kNever;
};

// Of all keys of the name, in the order of their creation.
std::vector<Life> lives_of(const Past& past, const std::string& name) {
  std::vector<Life> lives;
  for (const KeyChange& change : past.changes()) {
    if (!change.key.starts_with(keys_of(name))) continue;
    const bool begins = change.after && static_cast<uint64_t>(change.after->kv.create_revision()) == change.revision;
    if (begins) lives.push_back({change.key, change.revision});
    if (change.after) continue;
    const auto ended =
        std::ranges::find_if(lives.rbegin(), lives.rend(), [&](const Life& one) { return one.key == change.key; });
    if (ended != lives.rend()) ended->ended = change.revision;
  }
  return lives;
}

// From when on it was the oldest; kNever: an older one is still there.
uint64_t oldest_since(const std::vector<Life>& lives, const Life& own) {
  uint64_t since = own.created;
  for (const Life& life : lives) {
    if (life.created < own.created) since = std::max(since, life.ended);
  }
  return since;
}

// What is wrong with it; with nothing its fence becomes known.
std::string fault_of(const Past& past, const std::vector<Life>& lives, Owners::Claim& claim) {
  const KeyState* const key = past.at(claim.key, claim.revision);
  if (!key) return "its key was not there";
  claim.hold.fence = static_cast<uint64_t>(key->kv.create_revision());
  if (claim.created != 0 && claim.created != claim.hold.fence)
    return "the key was made at " + std::to_string(claim.hold.fence);
  if (key->kv.lease() != claim.lease) return "its key has another lease";
  const auto own = std::ranges::find_if(
      lives, [&](const Life& life) { return life.key == claim.key && life.created == claim.hold.fence; });
  if (own == lives.end()) return "its key is not of that name";
  const uint64_t since = oldest_since(lives, *own);
  if (since >= own->ended) return "an older key outlived its own";
  if (claim.seen != 0 && since > claim.seen) return "an older key was there until " + std::to_string(since);
  return {};
}

// What a client knows of a key that it has written does not have the version.
bool is_shown_by(const mvccpb::KeyValue& kv, mvccpb::KeyValue shown) {
  if (shown.version() == 0) shown.set_version(kv.version());
  return shown.SerializeAsString() == kv.SerializeAsString();
}

}  // namespace

void check_claims(const Past& past, std::vector<Owners::Claim> claims, Violations& violations) {
  std::map<std::string, std::vector<Lock::Hold>> holds;
  std::map<std::string, std::vector<Life>> lives;
  for (Owners::Claim& claim : claims) {
    if (!lives.contains(claim.name)) lives[claim.name] = lives_of(past, claim.name);
    const std::string fault = fault_of(past, lives[claim.name], claim);
    if (fault.empty())
      holds[claim.name].push_back(claim.hold);
    else
      violations.add("INV-E7", claim.hold.who + " was told at revision " + std::to_string(claim.revision) + " that " +
                                   claim.key + " has the name, but " + fault);
  }
  for (auto& [name, held] : holds) check_holds(std::move(held), violations);
}

void check_sights(const Past& past, const std::vector<Owners::Sight>& sights, Violations& violations) {
  for (const Owners::Sight& sight : sights) {
    const std::string prefix = keys_of(sight.name);
    const auto keys = past.range(prefix, end_of_prefix(prefix), sight.revision);
    const auto leader =
        std::ranges::min_element(keys, {}, [](const auto& one) { return one.second->kv.create_revision(); });
    if (leader != keys.end() && is_shown_by(leader->second->kv, sight.kv)) continue;
    violations.add("INV-E7", "at revision " + std::to_string(sight.revision) + " " + sight.kv.key() +
                                 " did not lead with the value " + sight.kv.value());
  }
}

void Owners::judge(const Evidence& evidence, Violations& violations) {
  judge_calls(evidence, {}, violations);
  check_claims(evidence.past, claims_, violations);
  check_sights(evidence.past, sights_, violations);
}

}  // namespace viaduct::sim
