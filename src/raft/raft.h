// One member's part in consensus, after Ongaro's dissertation, as a state machine without I/O: messages, ticks and
// reports go in, one ordered Ready comes out. Time is ticks, randomness is borrowed, and the same inputs give the same
// outputs.
//
//   for (;;) {
//     tick(), step(), propose(), read_index() ...       any number of them
//     while (raft.has_ready()) carry out raft.ready()   ready.h says in which order
//   }                                                   ... and report back: persisted(), applied()
//
// Promise:   no two leaders in a term; what is once in Ready::committed is in every later leader's log (INV-R1 to R4).
//            Term and vote are durable before a message of that term leaves; a member counts as having an entry once
//            persisted() said so, a leader's own included (INV-R5, R7).
// Ownership: borrows `random`, which must outlive this. Shares entries with the caller (base/entry.h).
// Threads:   confined to the raft thread; what a Ready hands out may go to others, as entries never change.
// Errors:    refusals of proposals and reads only, each before anything was done: kUnavailable when this member is not
//            the leader or hands leadership on, kTooManyRequests beyond a cap. A message that makes no sense is dropped
//            and counted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "raft/configuration.h"
#include "raft/durability.h"
#include "raft/lease.h"
#include "raft/log.h"
#include "raft/message.h"
#include "raft/progress.h"
#include "raft/read_index.h"
#include "raft/ready.h"

namespace viaduct::raft {

struct Options {
  MemberId id;
  uint64_t incarnation = 0;      // rises with each start of this member, from 1; every message carries it (RF-12)
  uint32_t election_ticks = 10;  // the base: each timeout is drawn from [1, 2) times this (RF-2)
  uint32_t heartbeat_ticks = 1;
  uint64_t max_append_bytes = 1 << 20;          // entries of one message (RF-5)
  Window::Limits window;                        // unacknowledged appends per follower (RF-5)
  uint64_t max_uncommitted_bytes = 64 << 20;    // proposals in the log waiting for a quorum (RF-7)
  uint64_t max_apply_bytes = 16 << 20;          // Ready::committed
  uint64_t max_unapplied_entries = 5000;        // committed, not applied: more proposals are refused
  uint64_t max_unapplied_for_cleanup = 10'000;  // the same for proposals that give room back
  uint64_t max_unapplied_bytes = 64 << 20;      // committed, not applied: a follower takes no more entries
  size_t max_pending_reads = 4096;
  // RF-4: reads are answered without asking a quorum that has answered within 0.7 election timeouts. Equal on all
  // members. Needs ticks that take equally long everywhere, and ticks_missed(). A member that restarts then helps
  // nobody to lead for an election timeout, and forget_leader() does nothing.
  bool lease_reads = false;
};

// What a member starts from. All of it is durable; a new member has a default HardState and an empty log.
struct Restart {
  HardState hard_state;         // its commit may lag behind log.applied(): it is not synced for its own sake
  Configuration configuration;  // in force at log.applied()
  Log log;
  // Part of the log was lost (CC-12), but neither term nor vote; `log` is what is left, and commit may lie beyond it.
  // The member keeps out of elections and counts for nothing until a leader has brought back all that was committed.
  bool quarantined = false;
};

enum class Role { kFollower, kPreCandidate, kCandidate, kLeader };
enum class Priority { kClient, kCleanup };  // kCleanup: lease expiry and other proposals that shrink the state

class Raft {
 public:
  // kCorrupt when hard state and log contradict each other: something acknowledged was lost (CC-12).
  static Result<Raft> start(const Options& options, Restart restart, Random& random);

  // --- inputs ---
  void tick();
  // The caller was paused or its machine slept, by a clock that counts suspend: more time has passed since the last
  // tick() than one tick stands for. To be called before anything else then; it matters to lease_reads only.
  void ticks_missed() { lease_.end(); }
  void step(Message message);
  // Appends, in O(1), and returns the index: the entry is committed iff that index is later applied with term().
  Result<Index> propose(std::string data, Priority priority = Priority::kClient);
  // The same for a membership change; refused while an earlier one may still be unapplied (INV-R11).
  Result<Index> propose_configuration(std::string data);
  // True while this member leads as the only one there is, and has applied all that earlier terms left: then every
  // write that was ever acknowledged is applied here. A learner may apply, and answer, before its leader does. It
  // becomes false before a second member hears of anything.
  bool leads_alone() const;
  // Asks for an index at which a read is linearizable; the answer is a ReadResult with this token.
  Result<ReadToken> read_index();
  // Stands for election without waiting for a timeout, by way of a pre-vote; nothing happens if this member leads
  // already or may not stand. A member that is the only voter leads as soon as its vote is durable.
  void campaign();
  // Hands leadership to this voter (dissertation 3.10, RF-11): brings it up to date, lets it stand at once, and
  // proposes nothing meanwhile. Success means begun; it has ended when transferring() is false, and well if role() is
  // then no longer kLeader; it is given up after one election timeout. Another target takes the place of the one
  // before, and this member itself as target calls it off. kInvalidArgument for who is no voter.
  Result<void> transfer_leadership(MemberId to);
  // A sync has been under way for longer than two election timeouts (CC-14). A leader hands leadership to the best
  // successor, and steps down if it has none or that fails. For `holdoff_ticks` the member then stands for election
  // only if a leader asks it to, or if nobody else has led for so long that a slow leader is better than none. Does
  // nothing to the only voter.
  void disk_stalled(uint32_t holdoff_ticks);
  // The leader's links are closed and refused (RF-1): it no longer counts as heard, so votes are granted at once.
  void forget_leader();

  // --- outputs ---
  bool has_ready() const;
  Ready ready();

  // --- reports; a report for what has been overtaken meanwhile does nothing ---
  void persisted(WriteSequence sequence);        // that Ready and all before it are durable
  void applied(Index index);                     // the state holds all up to `index`; never falls
  void apply_configuration(Configuration next);  // an entry of type kConfiguration had this effect; before applied()
  void compact(Index index);  // the durable log was cut: entries up to `index` are gone. <= applied()
  // The leader's snapshot was installed and is durable with its mark and the configuration, as is every Ready taken
  // before. snapshot.index > applied(). Entries handed out for apply up to it are not wanted any more. Returns whether
  // entries behind it stay in the log; if not, the durable log must drop all it has.
  bool installed(EntryId snapshot, Configuration configuration);
  void snapshot_sent(MemberId to, std::optional<Index> snapshot);   // nothing: it failed
  void fetched(const Fetch& fetch, std::vector<EntryPtr> entries);  // none: it failed, and is asked for again
  void unreachable(MemberId id);                                    // messages to it were dropped

  // --- views ---
  MemberId id() const { return options_.id; }
  Role role() const { return role_; }
  Term term() const { return hard_.term; }
  MemberId leader() const { return leader_; }  // of term(); 0 if not known
  bool has_heard_leader() const;               // within the last election timeout; so has a leader
  HardState hard_state() const { return {hard_.term, hard_.vote, log_.commit()}; }
  bool transferring() const { return transfer_.has_value(); }  // propose() refuses until it is over
  // The voter that would take over leadership soonest: in contact, and has all that is committed. Nobody unless
  // leading.
  std::optional<MemberId> best_successor() const;
  Index durable() const { return durability_.index(); }
  const Log& log() const { return log_; }
  const Configuration& configuration() const { return configuration_; }
  const Progress* progress(MemberId id) const;       // a leader's view of another member; null if there is none
  bool quarantined() const { return quarantined_; }  // once false, the durable mark of it may go
  // A member that no longer has what it acknowledged, and does not know (RB-38): it started from the data of an earlier
  // day, or from none. Its votes are worth nothing, so it must be refused under its id. Its leader finds out, or the
  // member itself, which then keeps out of elections. The last one noticed; null if none.
  std::optional<MemberId> lost_log_of() const { return lost_log_of_; }
  uint64_t protocol_errors() const { return protocol_errors_; }
  uint64_t stale_replies() const { return stale_replies_; }  // dropped: from before their sender's last start

 private:
  Raft(const Options& options, Restart restart, Random& random);

  // raft.cc: roles and output
  void become_follower(Term term, MemberId leader);
  void become_leader();
  void leave_leadership();
  void add_followers();
  void restart_timer();
  void tick_leader();
  void answer_stale(const Message& message);
  void send(MemberId to, Term term, MessageBody body);
  void send(MemberId to, MessageBody body) { send(to, hard_.term, std::move(body)); }
  bool may_leave_now(const Message& message) const;
  Index committed_and_durable() const;
  Result<void> may_propose(size_t data_bytes, Priority priority) const;

  // election.cc: sections 3.4 and 9.6 of the dissertation
  bool has_whole_log() const { return !quarantined_ && lost_log_of_ != options_.id; }
  bool may_stand() const;
  bool holds_off() const;
  void stand(Role role, bool transfer = false);
  void count_vote(MemberId from, bool granted);
  void learn_commit(EntryId committed);
  void on(const Message& message, const PreVoteRequest& request);
  void on(const Message& message, const PreVoteReply& reply);
  void on(const Message& message, const VoteRequest& request);
  void on(const Message& message, const VoteReply& reply);

  // transfer.cc: section 3.10 of the dissertation, and CC-14
  struct Transfer {
    MemberId to;
    uint32_t ticks = 0;
  };
  void advance_transfer();
  void end_transfer();
  void tick_transfer();
  void on(const Message& message, const TimeoutNow& order);

  // replication.cc: sections 3.5 and 6.4 of the dissertation
  bool hear_leader(const Message& message);
  void acknowledge(MemberId leader, Index index);
  void on(const Message& message, const AppendRequest& request);
  void on(const Message& message, const AppendReply& reply);
  void on(const Message& message, const Heartbeat& heartbeat);
  void on(const Message& message, const HeartbeatReply& reply);
  void append(EntryType type, std::string data);
  void ask_what_arrived(MemberId to, Progress& progress);
  void replicate_to_all();
  void replicate(MemberId to, Progress& progress);
  void send_append(MemberId to, Progress& progress, std::vector<EntryPtr> entries);
  void broadcast_heartbeat();
  void advance_commit();
  const Progress* counted(MemberId voter) const;
  Round answered_by_quorum() const;
  void confirm_round();
  bool has_lease() const;
  Index matched() const;
  EntryId acknowledged_by(const Progress& follower) const;
  Progress* hear_follower(const Message& message);

  const Options options_;
  Random& random_;
  TermAndVote hard_;
  Role role_ = Role::kFollower;
  MemberId leader_;
  Configuration configuration_;
  Log log_;
  struct {
    Term term;
    Index index;
  } matched_;  // how far the log is that of the leader of `term`: what it has accepted of that one's appends
  Durability durability_;
  Index handed_to_apply_;

  uint32_t ticks_ = 0;              // since the leader was heard; a leader's: since it checked its quorum
  uint32_t silence_;                // ticks since the leader was heard, up to an election timeout
  uint32_t timeout_ = 0;            // this election timeout, in ticks
  uint32_t holdoff_ = 0;            // ticks left of the one after a disk stall
  std::map<MemberId, bool> votes_;  // answers to the election or pre-vote under way

  // A leader's.
  std::map<MemberId, Progress> followers_;
  Index term_start_;             // the entry that opened the term
  Index pending_configuration_;  // a change at or below may be unapplied
  uint32_t heartbeat_elapsed_ = 0;
  Round round_;
  bool round_wanted_ = false;     // a read waits for a round not begun yet
  bool replication_due_ = false;  // something changed that followers may have to be told
  ReadIndex reads_;
  Lease lease_;
  bool lease_given_up_ = false;  // for this term: another member may lead any time
  std::optional<Transfer> transfer_;

  std::vector<Message> outbox_;
  std::vector<MemberId> snapshots_wanted_;  // this and the next: while a Ready is made
  std::vector<Fetch> fetches_wanted_;
  bool quarantined_;
  std::optional<MemberId> lost_log_of_;
  uint64_t protocol_errors_ = 0;
  uint64_t stale_replies_ = 0;
};

}  // namespace viaduct::raft
