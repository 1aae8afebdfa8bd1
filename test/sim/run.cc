#include "test/sim/run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mark.h"
#include "test/cluster/load.h"
#include "test/cluster/v2_load.h"
#include "test/cluster/v3_load.h"
#include "test/sim/drill.h"
#include "test/sim/faults.h"
#include "test/sim/member.h"
#include "test/sim/plan.h"
#include "test/sim/quiet.h"
#include "test/sim/raft_trace.h"
#include "test/sim/reshaper.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kFirstPort = 2379;
constexpr Nanoseconds kStartTime = 30 * kSecond;
constexpr Nanoseconds kQuietTime = 30 * kSecond;  // what was asked for by clients that are gone has its time

class Run {
 public:
  Run(uint64_t seed, bool trace)
      : seed_(seed),
        dice_(seed),
        plan_(draw_plan(dice_)),
        scheduler_(dice_.split(), plan_.scheduling, trace_),
        network_(scheduler_, dice_.split()),
        sockets_(scheduler_),
        world_{scheduler_,  network_,  sockets_, [this](const std::string& what) { violations_.add("member", what); },
               invariants_, chronicle_},
        clients_(scheduler_.add_machine("world")) {
    trace_.show(trace);
    network_.on_said = [this](MemberId from, const peer::Frame& frame) { invariants_.said(from, frame); };
    sockets_.window_bytes = plan_.socket_window_bytes;
    sockets_.latency = [this](const Machine&, const Machine&) {
      return latencies_.between(50 * kMicrosecond, 500 * kMicrosecond);
    };
  }

  Report play() {
    scheduler_.run(clients_, [this] {
      play_through();
      check_quiet();
    });
    return finish();
  }

 private:
  void play_through() {
    const server::Founding founding{true, founders()};
    raft::Configuration voters;
    for (const v3bridge::Member& member : founding.members) voters.voters.push_back(member.id);
    raft_trace_.emplace(std::move(voters), [this](const std::string& what) { violations_.add("SIM-10", what); });
    for (size_t i = 0; i < plan_.members; ++i) add_member(described(i), founding);
    if (!all_serve(kStartTime)) return violations_.add("INV-R14", "the cluster does not come up");
    cluster_test::Load load(
        plan_.load, [this] { return ports(); }, dice_.next());
    Scenarios scenarios(
        plan_.scenarios, plan_.load, [this] { return ports(); }, load.compactions(), dice_.split());
    load.start();
    scenarios.start();
    network_.set_temper(plan_.network);
    break_and_mend();
    const bool serve = serve_again(load);
    load.mended();
    is_mended_ = serve;
    std::this_thread::sleep_for(1s);
    scenarios.end(serve);
    load.end();
    if (serve) judge(load);
    scenarios.judge(chronicle_, serve ? judged() : std::vector<cluster_test::JudgedMember>(), violations_);
    counts_.merge(scenarios.calls());
  }

  // False: too much is damaged, and they stand still rather than answer wrongly (SIM-4).
  bool serve_again(cluster_test::Load& load) {
    const auto count = [&](bool (Member::*is)() const) {
      return std::ranges::count_if(members_, [&](const auto& member) { return (*member.*is)(); });
    };
    const bool serve =
        all_serve(recovery()) && count(&Member::serves) > 0 && (plan_.spares_majority || load.takes_writes());
    if (!plan_.spares_majority) ++counts_[serve ? "served on, damaged" : "stood still, damaged"];
    if (!serve && 2 * count(&Member::is_damaged) >= std::ssize(members_)) return false;
    if (!serve)
      violations_.add("INV-R14", "not all members serve when all is mended");
    else if (plan_.drills)
      drill();
    return true;
  }

  // One that has lost something may not be able to vote yet, or ever.
  void drill() {
    if (std::ranges::any_of(members_, [](const auto& member) { return member->is_damaged(); })) return;
    Drill drill(world_, members_, plan_.election.count() * kMillisecond, dice_.split(), violations_);
    ++counts_[std::string("drill: ") + drill.perform()];
    if (!all_serve(recovery())) violations_.add("INV-R14", "not all members serve after a drill");
  }

  // The clients are gone.
  void check_quiet() {
    if (!is_mended_) return;
    std::string left;
    for (const Nanoseconds until = scheduler_.now() + kQuietTime; scheduler_.now() < until;) {
      left.clear();
      for (const auto& member : members_) {
        if (left.empty() && member->serves()) left = left_over(*member, world_);
      }
      if (left.empty()) return;
      std::this_thread::sleep_for(100ms);
    }
    violations_.add("SIM-8", left);
  }

  void break_and_mend() {
    Faults& faults = faults_.emplace(world_, plan_, members_, dice_.split());
    Reshaper reshaper({[this] { return ports(); }, [this] { return members_among_peers(); },
                       [this] { return url_of(members_.size()); },
                       [&](MemberId id, const std::string& url, server::Founding founding) {
                         v3bridge::Member member = described(members_.size());
                         member.id = id;
                         member.peer_urls = {url};
                         add_member(member, std::move(founding));
                         faults.temper(*members_.back());
                       },
                       [&](const std::string& what) { violations_.add("INV-M1", what); }},
                      founders(), dice_.split());
    std::thread reshaping([&] {
      if (plan_.reshapes) reshaper.run();
    });
    faults.inflict();
    reshaper.stop();
    reshaping.join();
    faults.mend_all();
    if (!reshaper.settle(std::chrono::nanoseconds(recovery()))) {
      violations_.add("INV-R14", "a change of the members comes to no end when all is mended");
    }
    for (const Faults::Count& count : faults.counts()) counts_[count.name] = count.times;
    counts_["members added"] = reshaper.added();
    counts_["members promoted"] = reshaper.promoted();
    counts_["members updated"] = reshaper.updated();
    counts_["members removed"] = reshaper.removed();
    if (plan_.reshapes) retire_removed(reshaper);
  }

  // Who is no member any more need not serve.
  void retire_removed(Reshaper& reshaper) {
    std::optional<std::vector<v3bridge::Member>> known;
    for (const Nanoseconds until = scheduler_.now() + recovery(); !known && scheduler_.now() < until;) {
      known = reshaper.members();
      if (!known) std::this_thread::sleep_for(100ms);
    }
    if (!known) return violations_.add("INV-R14", "nobody tells who the members are when all is mended");
    for (const v3bridge::Member& one : *known) {
      if (one.is_learner) learners_.insert(one.id);
    }
    std::erase_if(members_, [&](std::unique_ptr<Member>& member) {
      if (std::ranges::any_of(*known, [&](const auto& one) { return one.id == member->id(); })) return false;
      retired_.push_back(std::move(member));
      return true;
    });
  }

  void judge(cluster_test::Load& load) {
    load.judge(judged(), violations_, [this] {
      return cluster_test::Load::Logs{chronicle_.v2_log(std::string(cluster_test::kV2Root) + "/"),
                                      chronicle_.v3_log(cluster_test::kV3Root)};
    });
    counts_["v2 calls"] = load.v2_history().size();
    counts_["v3 calls"] = load.v3_history().size();
    counts_["leases"] = load.leases();
    counts_["keys undecided"] = load.undecided();
  }

  void add_member(v3bridge::Member self, server::Founding founding) {
    Plan plan = plan_;
    if (plan.members_differ) draw_bounds(dice_, plan);
    server::NodeOptions options;
    options.data_directory = "/data";
    options.wal_directory = "/data/wal";
    options.state_directory = "/data/state";
    options.cluster_id = ClusterId(0xc);
    options.self = std::move(self);
    options.founding = std::move(founding);
    options.cluster_version = "3.5.0";
    options.heartbeat_interval = plan.heartbeat;
    options.election_timeout = plan.election;
    options.strict_reconfig = plan.strict_reconfig;
    options.raft = plan.raft;
    options.store = plan.store;
    options.retention = plan.retention;
    options.entry_cache_bytes = plan.entry_cache_bytes;
    options.snapshot_count = plan.snapshot_count;
    options.wal_segment_bytes = plan.segment_bytes;
    const uint16_t port = port_of(added_++);
    members_.push_back(std::make_unique<Member>(world_, options, plan.serving, port, dice_.split()));
    Machine& machine = members_.back()->machine();
    machine.clock_rate = 1 + plan.clock_rate_error * (2 * dice_.unit() - 1);
    machine.clock_base = dice_.between(100 * kSecond, 100'000 * kSecond);
    machine.wall_offset = 100'000 * kSecond - machine.clock_base;
    members_.back()->start();
  }

  static uint16_t port_of(size_t i) { return static_cast<uint16_t>(kFirstPort + 2 * i); }
  static v3bridge::Member described(size_t i) {
    return {
        MemberId(i + 1), "m" + std::to_string(i + 1), {url_of(i)}, {"http://127.0.0.1:" + std::to_string(port_of(i))}};
  }
  std::vector<v3bridge::Member> founders() const {
    std::vector<v3bridge::Member> founders;
    for (size_t i = 0; i < plan_.members; ++i) founders.push_back(described(i));
    return founders;
  }
  static std::string url_of(size_t i) { return "http://127.0.0.1:" + std::to_string(port_of(i) + 1); }

  Nanoseconds recovery() const { return plan_.load.recovery.count() * kMillisecond; }

  std::optional<std::vector<v3bridge::Member>> members_among_peers() {
    const auto known = std::make_shared<std::vector<v3bridge::Member>>();  // with a thread that may come to it late
    for (const auto& member : members_) {
      if (member->call([known](server::Node& node) { *known = node.members(); }, kSecond)) return *known;
    }
    return std::nullopt;
  }

  // Of all; once all is mended, of those that are not beyond repair.
  std::vector<int> ports() const {
    std::vector<int> ports;
    for (const auto& member : members_) {
      if (!is_mended_ || member->runs()) ports.push_back(member->port());
    }
    return ports;
  }

  std::vector<cluster_test::JudgedMember> judged() const {
    std::vector<cluster_test::JudgedMember> judged;
    for (const auto& member : members_) {
      const bool is_learner = learners_.contains(member->id());
      if (!is_learner && member->runs()) judged.push_back({member->name(), member->port()});  // which answers few
    }
    return judged;
  }

  bool all_serve(Nanoseconds time) {
    const auto serve = [&] {
      return std::ranges::all_of(
          members_, [](const auto& member) { return member->serves() || (member->is_damaged() && !member->runs()); });
    };
    for (const Nanoseconds until = scheduler_.now() + time; !serve() && scheduler_.now() < until;)
      scheduler_.wait(this, scheduler_.now() + 10 * kMillisecond);
    return serve();
  }

  Report finish() {
    Report report;
    report.seed = seed_;
    report.hash = trace_.hash();
    report.simulated_seconds = static_cast<double>(scheduler_.now()) / 1e9;
    report.violations = violations_.kept();
    report.plan = describe(plan_);
    const NetworkCounts& network = network_.counts();
    counts_["frames"] = network.sent;
    counts_["frames lost"] = network.lost;
    counts_["frames repeated"] = network.repeated;
    counts_["frames reordered"] = network.reordered;
    counts_["frames late"] = network.late;
    counts_["frames cut off"] = network.cut;
    counts_["snapshots sent"] = network.snapshots;
    counts_["snapshots failed"] = network.snapshots_failed;
    counts_["terms led"] = invariants_.leaders_seen();
    counts_["states compared"] = invariants_.states_compared();
    counts_["whole states compared"] = invariants_.hashes_compared();
    counts_["steps"] = scheduler_.switches();
    if (raft_trace_) counts_["steps of raft checked"] = raft_trace_->steps();
    for (const auto& member : members_) {
      counts_["starts"] += member->starts();
      counts_["disk failures"] += member->disk().failures();
      counts_["disk stalls"] += member->disk().stalls();
      counts_["ended by a hanging disk"] += member->hung();
      counts_["disk hangs"] += member->disk().hangs();
    }
    report.counts = counts_;
    for (const Mark& mark : Mark::all()) report.marks[mark.name] += mark.times;
    return report;
  }

  const uint64_t seed_;
  Dice dice_;
  const Plan plan_;
  Trace trace_;
  Scheduler scheduler_;
  Network network_;
  Sockets sockets_;
  cluster_test::Violations violations_;
  Invariants invariants_{violations_};
  Chronicle chronicle_{violations_};
  std::optional<RaftTrace> raft_trace_;
  const Member::World world_;
  Machine& clients_;
  Dice latencies_ = dice_.split();
  std::vector<std::unique_ptr<Member>> members_, retired_;
  std::optional<Faults> faults_;
  std::set<MemberId> learners_;  // when all is mended
  bool is_mended_ = false;
  size_t added_ = 0;
  std::map<std::string, uint64_t> counts_;
};

}  // namespace

Report simulate(uint64_t seed, bool trace) {
  log::set_level(log::Level::kInfo);  // whether someone reads it or not, for it takes locks and looks at clocks
  return Run(seed, trace).play();
}

}  // namespace viaduct::sim
