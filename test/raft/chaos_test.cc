// Runs that one seed decides: messages are lost, repeated, reordered and come again long after, writes and applying
// lag, members crash with any prefix of their writes kept, one of them loses part of its log, disks stall, links and
// halves are cut in one direction or both, leadership is handed on, configurations change, logs are compacted; all with
// limits near their minimum. The checker watches every step (INV-R1 to R13); then the faults stop and all must converge
// (R14). RAFT_CHAOS_SEEDS=<first>-<last> runs other seeds than the suite's.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cluster.h"

namespace viaduct::raft::test {
namespace {

constexpr size_t kMembers = 5;

class Chaos {
 public:
  explicit Chaos(uint64_t seed)
      : random_(seed),
        has_leases_(below(4) == 0),
        common_election_ticks_(election_ticks()),
        initial_(initial_configuration()),
        cluster_(kMembers, initial_, seed, [this](Member& member) { adjust(member); }) {
    loss_ = rate(30);
    repeat_ = rate(50);
    crash_ = rate(3);
    cut_ = rate(2);
    change_ = rate(5);
    transfer_ = rate(20);
    stall_ = rate(5);
    old_ = rate(3);
  }

  void trace() { cluster_.trace_from(initial_); }

  void run(size_t steps) {
    cluster_.start_all();
    for (size_t i = 0; i < steps; ++i) step();
  }

  // Faults are over: whoever is a member must lead or follow, and hold all that was ever committed.
  void converge() {
    cluster_.link_down = nullptr;
    cluster_.start_all();
    cluster_.settle();
    bool is_done = false;
    for (size_t i = 0; i < 500 && !is_done; ++i) {
      cluster_.tick_all();
      is_done = try_to_finish();
    }
    REQUIRE_MESSAGE(is_done, "R14: no progress without faults");
    check_rest();
  }

  Cluster& cluster() { return cluster_; }
  uint64_t losses() const { return losses_; }

 private:
  uint64_t below(uint64_t bound) { return random_.below(bound); }
  bool chance(uint64_t per_thousand) { return below(1000) < per_thousand; }
  uint64_t rate(uint64_t percent) { return below(2) ? 0 : below(percent * 10 + 1); }  // many at zero (SIM-5)

  uint32_t election_ticks() { return 3 + static_cast<uint32_t>(below(5)); }

  Configuration initial_configuration() {
    if (below(2)) lossy_ = MemberId(1 + below(3));
    Configuration configuration = voters({1, 2, 3});
    if (below(2)) configuration.learners = {MemberId(4)};
    return configuration;
  }

  void adjust(Member& member) {
    Options& options = member.options;
    options.lease_reads = has_leases_;
    options.election_ticks = has_leases_ ? common_election_ticks_ : election_ticks();
    options.max_append_bytes = 1 + below(400);
    options.window = {1 + below(4), 1 + below(1000)};
    options.max_apply_bytes = 1 + below(300);
    options.max_uncommitted_bytes = 1 + below(3000);
    options.max_unapplied_entries = options.max_unapplied_for_cleanup = 1 + below(20);
    options.max_unapplied_bytes = below(3000);
    options.max_pending_reads = 1 + below(4);
    member.cache_bytes = below(3000);
  }

  Member& any() { return cluster_[1 + below(kMembers)]; }

  void step() {
    Member& member = any();
    if (chance(crash_)) return crash_or_start(member);
    if (chance(cut_)) return cut();
    if (!member.is_up()) return chance(100) ? cluster_.start(member.options.id.value) : void();
    act(member);
    cluster_.collect(member);
    // Most of what happens in a cluster is messages.
    for (uint64_t i = below(4); i > 0; --i) deliver_any();
  }

  void act(Member& member) {
    Raft& raft = *member.raft;
    switch (below(16)) {
      case 0:
      case 1:
        return has_leases_ ? tick_half() : raft.tick();
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        if (raft.has_ready()) member.take_ready();
        return;
      case 7:
      case 8:
      case 9:
        return void(member.sync());
      case 10:
      case 11:
        return void(member.apply());
      case 12:
        return propose(raft);
      case 13:
        return read(member);
      case 14:
        return compact(member);
      default:
        return nudge(raft);
    }
  }

  // Leases need ticks that pass alike everywhere, but for their phase and for who is paused and knows it.
  void tick_half() {
    half_ = 1 - half_;
    for (auto& [id, member] : cluster_.members()) {
      if (!member.is_up() || id.value % 2 != half_) continue;
      chance(20) ? member.raft->ticks_missed() : member.raft->tick();
      cluster_.collect(member);
    }
  }

  void propose(Raft& raft) {
    if (chance(change_)) return change_configuration(raft);
    (void)raft.propose(std::string(below(200), static_cast<char>('a' + below(26))));
  }

  // Joint changes to any set of voters, or one member at a time. Three voters can do without one that lost its log.
  void change_configuration(Raft& raft) {
    const size_t fewest = lossy_ ? 3 : 1;
    Configuration next = raft.configuration();
    const MemberId id(1 + below(kMembers));
    if (!next.outgoing.empty()) {
      next.outgoing.clear();
    } else if (below(3) == 0) {
      next.outgoing = std::exchange(next.voters, {});
      for (uint64_t voter = 1; voter <= kMembers; ++voter) {
        if (below(2)) next.voters.push_back(MemberId(voter));
      }
      for (uint64_t voter = 1; next.voters.size() < fewest; ++voter) {
        if (!contains(next.voters, MemberId(voter))) next.voters.push_back(MemberId(voter));
      }
      next.learners.clear();
    } else if (next.is_voter(id)) {
      if (next.voters.size() > fewest) std::erase(next.voters, id);
    } else {
      const bool learns = std::erase(next.learners, id) > 0;
      (learns || below(2) ? next.voters : next.learners).push_back(id);
    }
    (void)raft.propose_configuration(to_text(next));
  }

  void read(Member& member) {
    if (const auto token = member.raft->read_index()) cluster_.checker.asked(member, *token);
  }

  void compact(Member& member) {
    const Log& log = member.raft->log();
    const Index to(log.base().index.value + below(log.applied().value - log.base().index.value + 1));
    if (to == log.base().index) return;
    member.raft->compact(to);
    const auto dropped = static_cast<ptrdiff_t>(to.value - member.disk.base.index.value);
    member.disk.base = member.raft->log().base();
    member.disk.entries.erase(member.disk.entries.begin(), member.disk.entries.begin() + dropped);
  }

  static bool contains(const std::vector<MemberId>& ids, MemberId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }

  void nudge(Raft& raft) {
    if (chance(transfer_)) return void(raft.transfer_leadership(MemberId(1 + below(kMembers))));
    if (chance(stall_)) return raft.disk_stalled(static_cast<uint32_t>(below(30)));
    switch (below(8)) {
      case 0:
        return raft.forget_leader();
      case 1:
        return raft.campaign();
      default:
        return raft.unreachable(MemberId(1 + below(kMembers)));
    }
  }

  void deliver_any() {
    if (chance(20) && !cluster_.snapshots.empty()) {
      const Snapshot snapshot = take_any(cluster_.snapshots);
      if (chance(loss_)) {
        Member& from = cluster_[snapshot.from.value];
        if (from.is_up()) from.raft->snapshot_sent(snapshot.to, std::nullopt);
      } else {
        cluster_.deliver(snapshot);
      }
    }
    if (!archive_.empty() && chance(old_)) cluster_.deliver(archive_[below(archive_.size())]);
    if (cluster_.wire.empty()) return;
    Message message = take_any(cluster_.wire);
    remember(message);
    if (chance(loss_)) return;
    if (chance(repeat_) && cluster_.wire.size() < 500) cluster_.wire.push_back(message);
    cluster_.deliver(std::move(message));
  }

  void remember(const Message& message) {
    if (old_ == 0) return;
    if (archive_.size() < 100)
      archive_.push_back(message);
    else if (chance(100))
      archive_[below(archive_.size())] = message;
  }

  template <typename T>
  T take_any(std::vector<T>& from) {
    // Old ones first, mostly, or else a message would be delayed for ever.
    const size_t at = below(2) ? 0 : below(from.size());
    T taken = std::move(from[at]);
    from.erase(from.begin() + static_cast<ptrdiff_t>(at));
    return taken;
  }

  void crash_or_start(Member& member) {
    if (!member.is_up()) return cluster_.start(member.options.id.value);
    const size_t kept_state = member.disk.state.size() - below(std::min<size_t>(member.disk.state.size(), 5) + 1);
    member.crash(below(member.writes.size() + 1), kept_state);
    if (lossy_ == member.options.id && below(2)) {
      member.disk.lose_tail(below(member.disk.entries.size() + 1));
      ++losses_;
    }
  }

  void cut() {
    switch (below(6)) {
      case 0:
        cluster_.link_down = isolate({1 + below(kMembers)});
        return;
      case 1:
        cluster_.link_down = isolate({1 + below(kMembers), 1 + below(kMembers)});
        return;
      case 2: {
        const MemberId deaf(1 + below(kMembers));
        cluster_.link_down = [deaf](MemberId, MemberId to) { return to == deaf; };
        return;
      }
      case 3: {
        const MemberId mute(1 + below(kMembers));
        cluster_.link_down = [mute](MemberId from, MemberId) { return from == mute; };
        return;
      }
      case 4: {
        const uint64_t links = below(uint64_t{1} << (kMembers * kMembers));
        cluster_.link_down = [links](MemberId from, MemberId to) {
          return (links >> ((from.value - 1) * kMembers + to.value - 1) & 1) != 0;
        };
        return;
      }
      default:
        cluster_.link_down = nullptr;
    }
  }

  bool try_to_finish() {
    const uint64_t leader = cluster_.leader();
    if (leader == 0) return false;
    Raft& raft = cluster_.raft(leader);
    if (!raft.configuration().outgoing.empty()) {
      Configuration next = raft.configuration();
      next.outgoing.clear();
      (void)raft.propose_configuration(to_text(next));
      cluster_.settle();
      return false;
    }
    if (!raft.propose("last")) return false;
    cluster_.settle();
    return cluster_.leader() == leader && everyone_has_applied(raft);
  }

  bool everyone_has_applied(const Raft& leader) {
    const auto has_applied = [&](MemberId id) {
      const Raft& raft = *cluster_[id.value].raft;
      const Progress* progress = leader.progress(id);
      return raft.log().applied() == leader.log().last_index() && (!progress || progress->standing.counts());
    };
    const Configuration& now = leader.configuration();
    return std::all_of(now.voters.begin(), now.voters.end(), has_applied) &&
           std::all_of(now.learners.begin(), now.learners.end(), has_applied);
  }

  // RB-41: whatever happened, nothing counts as under way when nothing is.
  void check_rest() {
    const Raft& leader = cluster_.raft(cluster_.leader());
    CHECK(leader.log().bytes_between(leader.log().commit(), leader.log().last_index()) == 0);
    for (const auto& [id, member] : cluster_.members()) {
      CHECK(member.raft->protocol_errors() == 0);
      CHECK_FALSE(member.raft->lost_log_of());
      const Progress* progress = leader.progress(id);
      if (!progress) continue;
      CHECK_FALSE(member.raft->quarantined());
      CHECK(progress->standing.counts());
      CHECK(progress->state() == Progress::State::kReplicate);
      CHECK(progress->window().messages() == 0);
      CHECK(progress->window().bytes() == 0);
      CHECK(progress->match() == leader.log().last_index());
    }
  }

  SeededRandom random_;
  bool has_leases_;
  uint32_t common_election_ticks_;
  std::optional<MemberId> lossy_;  // the member that may lose part of its log
  Configuration initial_;
  Cluster cluster_;
  std::vector<Message> archive_;  // to come again
  uint64_t half_ = 0;
  uint64_t losses_ = 0;
  uint64_t loss_ = 0, repeat_ = 0, old_ = 0, crash_ = 0, cut_ = 0;  // per thousand
  uint64_t change_ = 0, transfer_ = 0, stall_ = 0;
};

struct Seeds {
  uint64_t first = 1;
  uint64_t last = 0;
};

Seeds seeds(uint64_t last) {
  Seeds seeds{1, last};
  if (const char* other = std::getenv("RAFT_CHAOS_SEEDS")) std::sscanf(other, "%lu-%lu", &seeds.first, &seeds.last);
  return seeds;
}

}  // namespace

TEST_CASE("INV-R1 to R14: whatever happens to messages, disks and members, every invariant holds and all converge") {
  uint64_t leaders = 0, committed = 0, reads = 0, losses = 0;
  const auto [first, last] = seeds(1000);
  for (uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    Chaos chaos(seed);
    chaos.run(10'000);
    chaos.converge();
    leaders += chaos.cluster().checker.leaders_seen();
    committed += chaos.cluster().checker.committed();
    reads += chaos.cluster().checker.reads_answered();
    losses += chaos.losses();
  }
  // The runs are worth something only if much happened in them.
  const uint64_t runs = last - first + 1;
  CHECK(leaders > 4 * runs);
  CHECK(committed > 40 * runs);
  CHECK(reads > 4 * runs);
  CHECK(losses > runs / 10);
}

TEST_CASE("whatever happens, each step of each member is one that the model allows") {
  uint64_t steps = 0;
  const auto [first, last] = seeds(200);  // of the same runs
  for (uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    Chaos chaos(seed);
    chaos.trace();
    chaos.run(10'000);
    chaos.converge();
    steps += chaos.cluster().trace()->steps();
  }
  CHECK(steps > 10'000 * (last - first + 1));
}

}  // namespace viaduct::raft::test
