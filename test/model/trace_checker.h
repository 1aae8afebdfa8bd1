// Is what real members do a way that the model (rules.h) may go? For each member it keeps the model's member beside the
// real one. Whatever is done with the real one is told here right after it was done; then the model does the same, or
// as much of it as the real one did: a member may ignore a message, for it may as well have been lost, and may refuse a
// vote. What it did beyond that, it may not have done.
//
//   TraceChecker trace(founders);
//   trace.started(raft, incarnation);                          Raft::start(), first and after each crash
//   trace.stepped(raft, message);                              Raft::step()
//   trace.took(raft, ready);                                   Raft::ready(); tells of messages_now as well
//   trace.persisted(raft, sequence); trace.sent(raft, message) for each of messages_synced, before or after it
//   trace.configured(raft, next);                              Raft::apply_configuration()
//   trace.installed(raft, snapshot);                           Raft::installed()
//   trace.acted(raft);                                         anything else: tick(), propose(), applied(), compact()
//   ... if (!trace.illegal().empty()) FAIL(trace.illegal())
//
// Ownership: keeps no reference to what it is told of. Memory: 16 bytes per entry and member, compacted ones too.
// Threads:   confined to one. Errors: the first illegal step is kept, with the steps of that member before it; nothing
//            after it is looked at.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "raft/raft.h"
#include "rules.h"

namespace viaduct::model {

class TraceChecker {
 public:
  explicit TraceChecker(raft::Configuration founders) : founders_(std::move(founders)) {}

  void started(const raft::Raft& raft, uint64_t incarnation);
  void stepped(const raft::Raft& raft, const raft::Message& message);
  void took(const raft::Raft& raft, const raft::Ready& ready);
  void persisted(const raft::Raft& raft, raft::WriteSequence sequence);
  void sent(const raft::Raft& raft, const raft::Message& message);
  void configured(const raft::Raft& raft, const raft::Configuration& next);
  void installed(const raft::Raft& raft, raft::EntryId snapshot);
  void acted(const raft::Raft& raft);

  const std::string& illegal() const { return illegal_; }  // empty: every step so far was legal
  uint64_t steps() const { return steps_; }                // that changed something, or said something

 private:
  class LongLog {
   public:
    uint64_t last() const { return entries_.size(); }
    uint64_t term(uint64_t index) const { return index == 0 ? 0 : entries_[index - 1].term; }
    const Entry<uint64_t>& at(uint64_t index) const { return entries_[index - 1]; }
    void push(Entry<uint64_t> entry) { entries_.push_back(entry); }
    void cut(uint64_t last) { entries_.resize(last); }
    bool operator==(const LongLog&) const = default;

   private:
    std::vector<Entry<uint64_t>> entries_;
  };
  struct Large {
    using Number = uint64_t;
    using Set = uint32_t;
    using Log = LongLog;
    static constexpr size_t kMembers = 32;  // ever
  };
  using Model = Member<Large>;
  struct Write {
    raft::WriteSequence sequence;
    std::optional<HardState> hard_state;
    std::vector<EntryPtr> entries;
  };
  // One that was legal, as it is shown with the first that is not.
  struct Step {
    const char* what;
    uint64_t from = 0, term = 0, kind = 0;  // of the message heard, if `what` says so
    HardState after{};
    Role role{};
    uint64_t last = 0;
    std::string text() const;
  };
  // The model's member, and what the rules leave to the network.
  struct Shadow {
    Model model;
    std::deque<Write> writes{};                          // under way
    uint32_t granted = 0;                                // votes or pre-votes for it, as its role says
    bool told_to_stand = false;                          // by the message that it handles now
    uint64_t agreed = 0;                                 // equal to the log of its term's leader up to here
    uint64_t round = 0;                                  // of heartbeats, heard in its term
    uint64_t checked = 0;                                // commit index up to which keep_committed() has looked
    std::array<uint64_t, Large::kMembers> matched{};     // a leader's: the most that each ever acknowledged to it
    std::set<std::pair<uint64_t, uint64_t>> released{};  // whom, in which incarnation
    std::map<uint64_t, uint64_t> votes;                  // by term; given
    std::set<std::pair<uint64_t, uint64_t>> would;       // pre-votes: whom, in which term
    std::set<uint64_t> stood;                            // in these terms
    std::deque<Step> recent;
  };

  uint64_t number_of(MemberId id);
  Configuration<uint32_t> configuration_of(const raft::Configuration& configuration);
  Shadow& shadow_of(const raft::Raft& raft) { return shadows_[number_of(raft.id())]; }

  // What a message makes of the model.
  void enter_term(Shadow& shadow, uint64_t term);
  bool hear_leader_of(Shadow& shadow, const raft::Message& message);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::PreVoteRequest& request);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::PreVoteReply& reply);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::VoteRequest& request);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::VoteReply& reply);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::AppendRequest& request);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::AppendReply& reply);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::Heartbeat& heartbeat);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::HeartbeatReply& reply);
  void hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message, const raft::TimeoutNow& order);

  // Takes the model where the real member is, by rules that need no message; then the two must be equal.
  void follow(Shadow& shadow, const raft::Raft& raft, const Step& step);
  void follow_role(Shadow& shadow, const raft::Raft& raft);
  void follow_log(Shadow& shadow, const raft::Raft& raft);
  void follow_commit(Shadow& shadow, const raft::Raft& raft);
  void follow_applied(Shadow& shadow, const raft::Raft& raft);
  void compare(Shadow& shadow, const raft::Raft& raft);
  void compare_followers(Shadow& shadow, const raft::Raft& raft);
  void compare_configuration(const Shadow& shadow);
  void begin_to_lead(Shadow& shadow);
  void keep_committed(Shadow& shadow);

  // May it say this?
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::PreVoteRequest& request);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::PreVoteReply& reply);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::VoteRequest& request);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::VoteReply& reply);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::AppendRequest& request);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::AppendReply& reply);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::Heartbeat& heartbeat);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::HeartbeatReply& reply);
  bool may_say(Shadow& shadow, const raft::Message& message, const raft::TimeoutNow& order);
  bool led(const Shadow& shadow, const raft::Message& message) const;
  bool is_committed(raft::EntryId entry) const;

  void begin(Shadow& shadow, const raft::Raft& raft);
  void begin_again(Shadow& shadow, const raft::Raft& raft);
  void fill(LongLog& log, raft::EntryId snapshot) const;
  void install(Model::Disk& disk, raft::EntryId snapshot) const;
  void write(Model::Disk& disk, const HardState& hard_state);
  static void write(Model::Disk& disk, const EntryPtr& entry);
  void require(bool holds, const Shadow& shadow, const char* rule);

  const Rules rules_;
  const raft::Configuration founders_;
  std::map<MemberId, uint64_t> numbers_;
  std::map<uint64_t, Shadow> shadows_;                          // by number
  std::map<uint64_t, uint64_t> leaders_;                        // of each term
  LongLog committed_;                                           // by anyone
  std::vector<uint64_t> committed_in_;                          // the lowest term in which it is known
  std::map<uint64_t, Configuration<uint32_t>> configurations_;  // by the change at that index
  std::string illegal_;
  uint64_t steps_ = 0;
};

}  // namespace viaduct::model
