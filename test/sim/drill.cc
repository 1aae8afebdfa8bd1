#include "test/sim/drill.h"

#include <algorithm>
#include <iterator>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/v3_client.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;

constexpr double kElection = 10;  // election timeouts (INV-R14)
constexpr double kRecovery = 30;  // after everything that went on before
constexpr double kReturn = 5;     // in which one that is well again would have deposed the leader
constexpr int kRounds = 5;        // of writes, and
constexpr double kRound = 1;      // how long after each
constexpr auto kPatience = 3s;

}  // namespace

const Drill::Hurt Drill::kHurts[] = {
    {"a broken link", false, &Drill::cut_a_link},
    {"a member that was away", false, &Drill::cut_off},
    {"a slow disk", false, &Drill::slow_disk},
    {"a leader that hears nobody", true, &Drill::deafen},
    {"a leader that nobody hears", true, &Drill::silence},
    {"a leader cut off", true, &Drill::cut_off},
    {"a leader with a slow disk", true, &Drill::slow_disk},
    {"a leader that is down", true, &Drill::take_down},
};

const char* Drill::perform() {
  const Hurt& hurt = kHurts[dice_.below(std::size(kHurts))];
  name_ = hurt.name;
  if (world_.scheduler.trace().shown()) world_.scheduler.trace().line(world_.scheduler.now(), "drill", name_);
  std::optional<Lead> lead = wait_for_lead(all_but(nullptr), timeouts(kRecovery));
  if (!lead) {
    complain("the members know of no leader before it");
    return name_;
  }

  std::vector<Member*> candidates;
  for (const auto& member : members_) {
    if ((member->id().value == lead->leader) == hurt.hurts_leader) candidates.push_back(member.get());
  }
  Member& hurt_one = *candidates[dice_.below(candidates.size())];
  (this->*hurt.inflict)(hurt_one);
  const std::vector<const Member*> core = all_but(&hurt_one);
  pass(kElection);
  if (hurt.hurts_leader) lead = agreed_lead(core);
  if (!lead || (hurt.hurts_leader && lead->leader == hurt_one.id().value)) {
    complain("no other leads in time");
  } else {
    expect_work(core, *lead);
  }
  mend(hurt_one);
  pass(kReturn);
  if (agreed_lead(core) != lead) complain("the leader did not stay when all was well again");
  return name_;
}

// --- what is wrong ---

void Drill::cut_a_link(Member& member) {
  const std::vector<const Member*> others = all_but(&member);
  const Member& other = *others[dice_.below(others.size())];
  world_.network.cut(member.id(), other.id());
  world_.network.cut(other.id(), member.id());
}

void Drill::cut_off(Member& member) {
  deafen(member);
  silence(member);
}

void Drill::deafen(Member& member) {
  for (const Member* other : all_but(&member)) world_.network.cut(other->id(), member.id());
}

void Drill::silence(Member& member) {
  for (const Member* other : all_but(&member)) world_.network.cut(member.id(), other->id());
}

// Less than what ends its process (CC-14). Something has to be written for anyone to notice.
void Drill::slow_disk(Member& member) {
  DiskTemper slow;
  slow.sync_least = timeouts(3);
  slow.sync_most = timeouts(6);
  member.disk().set_temper(slow);
  write_fails(*all_but(&member).front());
}

void Drill::take_down(Member& member) { member.end(Member::End::kKilled); }

void Drill::mend(Member& member) {
  world_.network.heal();
  member.disk().set_temper({});
  if (!member.runs()) member.start();
}

// --- what is expected ---

void Drill::expect_work(const std::vector<const Member*>& core, const Lead& lead) {
  for (int round = 0; round < kRounds; ++round) {
    for (const Member* member : core) {
      if (const auto why = write_fails(*member)) return complain(member->name() + " does not take a write: " + *why);
    }
    if (agreed_lead(core) != lead) return complain("the leader does not stay");
    pass(kRound);
  }
}

std::optional<std::string> Drill::write_fails(const Member& member) {
  PutRequest request;
  request.set_key("/drill");
  PutResponse response;
  const cluster_test::Status status =
      cluster_test::V3Client(member.port()).call("KV/Put", request, response, kPatience);
  if (status.ok()) return std::nullopt;
  return status.text;
}

std::optional<Drill::Lead> Drill::lead_seen_by(const Member& member) const {
  const StatusRequest request;
  StatusResponse response;
  cluster_test::V3Client client(member.port());
  if (!client.call("Maintenance/Status", request, response, kPatience).ok() || response.leader() == 0)
    return std::nullopt;
  return Lead{response.leader(), response.raftterm()};
}

std::optional<Drill::Lead> Drill::agreed_lead(const std::vector<const Member*>& members) const {
  const std::optional<Lead> first = lead_seen_by(*members.front());
  const bool agree = std::ranges::all_of(members, [&](const Member* member) { return lead_seen_by(*member) == first; });
  return agree ? first : std::nullopt;
}

// One under which all take writes, too.
std::optional<Drill::Lead> Drill::wait_for_lead(const std::vector<const Member*>& members, Nanoseconds time) {
  for (const Nanoseconds until = world_.scheduler.now() + time; world_.scheduler.now() < until; pass(kRound)) {
    const std::optional<Lead> lead = agreed_lead(members);
    const bool works =
        lead && std::ranges::none_of(members, [&](const Member* one) { return write_fails(*one).has_value(); });
    if (works && agreed_lead(members) == lead) return lead;
  }
  return std::nullopt;
}

std::vector<const Member*> Drill::all_but(const Member* left_out) const {
  std::vector<const Member*> others;
  for (const auto& member : members_) {
    if (member.get() != left_out) others.push_back(member.get());
  }
  return others;
}

void Drill::pass(double number) { world_.scheduler.wait(this, world_.scheduler.now() + timeouts(number)); }

void Drill::complain(const std::string& what) { violations_.add("SIM-8", std::string(name_) + ": " + what); }

}  // namespace viaduct::sim
