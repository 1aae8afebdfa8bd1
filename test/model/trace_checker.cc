#include "trace_checker.h"

#include <algorithm>
#include <cassert>
#include <sstream>

namespace viaduct::model {
namespace {

constexpr size_t kRemembered = 30;  // steps of a member, shown with an illegal one

const char* const kRoles[] = {"follower", "pre-candidate", "candidate", "leader"};

Role role_of(const raft::Raft& raft) { return static_cast<Role>(raft.role()); }
static_assert(static_cast<int>(Role::kLeader) == static_cast<int>(raft::Role::kLeader));

EntryId<uint64_t> id_of(raft::EntryId entry) { return {entry.index.value, entry.term.value}; }

// The part of its log that an append brings along.
class SentLog {
 public:
  explicit SentLog(const raft::AppendRequest& request) : request_(request) {}
  uint64_t first() const { return request_.previous.index.value; }
  uint64_t last() const { return first() + request_.entries.size(); }
  uint64_t term(uint64_t index) const { return index == first() ? request_.previous.term.value : at(index).term; }
  Entry<uint64_t> at(uint64_t index) const {
    const viaduct::Entry& entry = *request_.entries[index - first() - 1];
    return {entry.term.value, entry.type == EntryType::kConfiguration ? 1u : 0u};
  }

 private:
  const raft::AppendRequest& request_;
};

Entry<uint64_t> entry_of(const viaduct::Entry& entry) {
  return {entry.term.value, entry.type == EntryType::kConfiguration ? 1u : 0u};
}

// One at a time, or into and out of a joint configuration (RF-10).
bool may_follow(const Configuration<uint32_t>& now, const Configuration<uint32_t>& next) {
  if (now.outgoing != 0) return next == now || (next.outgoing == 0 && next.voters == now.voters);
  if (next.outgoing != 0) return next.outgoing == now.voters;
  return std::popcount(now.voters ^ next.voters) <= 1;
}

// A snapshot may have brought more since the request was made.
template <typename M>
bool claims_no_more(const M& m, raft::EntryId last) {
  return std::pair(last.term.value, last.index.value) <= std::pair(m.last().term, m.last().index);
}

}  // namespace

// --- What is told

void TraceChecker::started(const raft::Raft& raft, uint64_t incarnation) {
  const bool is_known = shadows_.contains(number_of(raft.id()));
  Shadow& shadow = shadow_of(raft);
  is_known ? begin_again(shadow, raft) : begin(shadow, raft);
  shadow.model.incarnation = incarnation;
  follow(shadow, raft, "started");
}

void TraceChecker::stepped(const raft::Raft& raft, const raft::Message& message) {
  Shadow& shadow = shadow_of(raft);
  const bool is_meant = message.to == raft.id() && message.from != raft.id() && message.from;
  if (is_meant) std::visit([&](const auto& body) { hear(shadow, raft, message, body); }, message.body);
  follow(shadow, raft,
         "heard " + std::to_string(number_of(message.from)) + " in term " + to_string(message.term) + " say #" +
             std::to_string(message.body.index()));
  shadow.told_to_stand = false;
}

void TraceChecker::took(const raft::Raft& raft, const raft::Ready& ready) {
  Shadow& shadow = shadow_of(raft);
  const Model& m = shadow.model;
  follow(shadow, raft, "took a Ready");
  if (ready.hard_state) {
    const HardState& hard = *ready.hard_state;
    require(hard.term.value == m.term && number_of(hard.vote) == m.vote && hard.commit.value == m.commit, shadow,
            "the hard state to be written is the member's");
  }
  require(ready.hard_state.has_value() || ready.entries.empty(), shadow, "the commit index goes along with entries");
  for (const EntryPtr& entry : ready.entries)
    require(m.has({entry->index.value, entry->term.value}), shadow, "what is to be written is in the log");
  for (const EntryPtr& entry : ready.committed)
    require(entry->index.value <= m.commit && m.has_durable(entry->index.value), shadow,
            "what is to be applied is committed, and durable here");
  if (ready.must_sync()) shadow.writes.push_back({ready.sequence, ready.hard_state, ready.entries});
  for (const raft::Message& message : ready.messages_now) sent(raft, message);
}

void TraceChecker::persisted(const raft::Raft& raft, raft::WriteSequence sequence) {
  Shadow& shadow = shadow_of(raft);
  while (!shadow.writes.empty() && shadow.writes.front().sequence <= sequence) {
    const Write& done = shadow.writes.front();
    if (done.hard_state) write(shadow.model.disk, *done.hard_state);
    for (const EntryPtr& entry : done.entries) write(shadow.model.disk, entry);
    shadow.writes.pop_front();
  }
  follow(shadow, raft, "persisted");
}

void TraceChecker::sent(const raft::Raft& raft, const raft::Message& message) {
  if (!illegal_.empty()) return;
  ++steps_;
  Shadow& shadow = shadow_of(raft);
  require(message.from == raft.id(), shadow, "a member speaks for itself");
  const bool may = std::visit([&](const auto& body) { return may_say(shadow, message, body); }, message.body);
  static const char* const kRules[] = {"a pre-candidate asks with the end of its log",
                                       "a pre-vote is granted to a log as good as one's own",
                                       "who asks for votes stands, with its own log",
                                       "a vote is given once, to a log as good, and is durable",
                                       "an append is the leader's log",
                                       "an acknowledged entry is the leader's, and durable",
                                       "a heartbeat tells no more than is known",
                                       "a round that is answered was heard",
                                       "a leader hands over"};
  require(may, shadow, kRules[message.body.index()]);
}

void TraceChecker::configured(const raft::Raft& raft, const raft::Configuration& next) {
  Shadow& shadow = shadow_of(raft);
  Model& m = shadow.model;
  const Configuration<uint32_t> changed_to = configuration_of(next);
  while (m.applied < m.commit && m.log.at(m.applied + 1).change == 0 && apply(m, changed_to)) continue;
  require(may_follow(m.configuration, changed_to), shadow, "RF-10: one member at a time, or a joint change");
  require(m.applied < m.commit && apply(m, changed_to), shadow, "a change that acts is committed and durable");
  follow(shadow, raft, "changed its configuration");
}

void TraceChecker::installed(const raft::Raft& raft, raft::EntryId snapshot) {
  Shadow& shadow = shadow_of(raft);
  Model& m = shadow.model;
  require(is_committed(snapshot), shadow, "a snapshot is of what is committed");
  if (!illegal_.empty()) return;
  enter_term(shadow, snapshot.term.value);
  fill(m.log, snapshot);
  fill(m.disk.log, snapshot);
  m.disk.term = std::max(m.disk.term, snapshot.term.value);
  m.disk.commit = std::max(m.disk.commit, snapshot.index.value);
  m.commit = std::max(m.commit, snapshot.index.value);
  m.applied = std::max(m.applied, snapshot.index.value);
  m.configuration = configuration_of(raft.configuration());
  shadow.agreed = std::max(shadow.agreed, snapshot.index.value);
  follow(shadow, raft, "installed a snapshot");
}

void TraceChecker::acted(const raft::Raft& raft) { follow(shadow_of(raft), raft, "acted"); }

// --- What a message makes of the model

void TraceChecker::enter_term(Shadow& shadow, uint64_t term) {
  if (term <= shadow.model.term) return;
  become_follower(shadow.model, term, uint64_t{0});
  shadow.agreed = shadow.round = 0;
}

bool TraceChecker::hear_leader_of(Shadow& shadow, const raft::Message& message) {
  enter_term(shadow, message.term.value);
  return hear_leader(shadow.model, message.term.value, number_of(message.from));
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft&, const raft::Message& message,
                        const raft::PreVoteRequest& request) {
  if (may_pre_vote(rules_, shadow.model, message.term.value, id_of(request.last)))
    shadow.would.emplace(number_of(message.from), message.term.value);
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft&, const raft::Message& message,
                        const raft::PreVoteReply& reply) {
  Model& m = shadow.model;
  if (!reply.granted && message.term.value < m.term) return;
  if (!reply.granted) enter_term(shadow, message.term.value);
  learn_commit(rules_, m, id_of(reply.commit));
  if (reply.granted && m.role == Role::kPreCandidate && message.term.value == m.term + 1)
    shadow.granted |= only<uint32_t>(number_of(message.from));
}

// It may have heard a leader and ignore this, and it may refuse a vote.
void TraceChecker::hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message,
                        const raft::VoteRequest& request) {
  if (raft.term() != message.term) return;
  enter_term(shadow, message.term.value);
  if (raft.hard_state().vote != message.from) return;
  if (vote(rules_, shadow.model, message.term.value, number_of(message.from), id_of(request.last)))
    shadow.votes[message.term.value] = number_of(message.from);
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft&, const raft::Message& message, const raft::VoteReply& reply) {
  Model& m = shadow.model;
  if (message.term.value < m.term) return;
  enter_term(shadow, message.term.value);
  learn_commit(rules_, m, id_of(reply.commit));
  if (reply.granted && m.role == Role::kCandidate) shadow.granted |= only<uint32_t>(number_of(message.from));
}

// It may take nothing of it, for want of room.
void TraceChecker::hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message,
                        const raft::AppendRequest& request) {
  Model& m = shadow.model;
  if (!hear_leader_of(shadow, message)) return;
  if (request.previous.index < raft.log().base().index) return;
  const SentLog log(request);
  const bool is_taken = raft.log().has({Index(log.last()), Term(log.term(log.last()))});
  if (!is_taken) return;
  for (uint64_t index = log.first(); index < log.last();) {
    ++index;
    require(index > m.commit || m.has({index, log.term(index)}), shadow, "INV-R4: what is committed is not replaced");
  }
  const uint64_t commit = std::min(request.commit, raft.log().commit()).value;
  require(append(rules_, m, log.first(), log.last(), log, commit), shadow, "5.3: entries follow the one before them");
  shadow.agreed = std::max(shadow.agreed, log.last());
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft&, const raft::Message& message,
                        const raft::AppendReply& reply) {
  Model& m = shadow.model;
  enter_term(shadow, message.term.value);
  if (m.role != Role::kLeader || message.term.value != m.term) return;
  auto& standing = m.follower(number_of(message.from));
  if (!standing.hear(message.incarnation) || (!reply.accepted && !reply.index)) return;
  standing.tell(reply.quarantined, m.round + 1);
  if (!reply.accepted || reply.index.value > m.log.last()) return;
  standing.match = std::max(standing.match, reply.index.value);
  uint64_t& matched = shadow.matched[number_of(message.from) - 1];
  matched = std::max(matched, standing.match);
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft& raft, const raft::Message& message,
                        const raft::Heartbeat& heartbeat) {
  Model& m = shadow.model;
  if (!hear_leader_of(shadow, message)) return;
  const uint64_t commit = std::min({heartbeat.commit.value, m.log.last(), raft.log().commit().value});
  m.commit = std::max(m.commit, commit);
  shadow.round = std::max(shadow.round, heartbeat.round.value);
  if (!raft.quarantined()) end_quarantine(rules_, m, heartbeat.released);
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft&, const raft::Message& message,
                        const raft::HeartbeatReply& reply) {
  Model& m = shadow.model;
  enter_term(shadow, message.term.value);
  if (m.role != Role::kLeader || message.term.value != m.term) return;
  auto& standing = m.follower(number_of(message.from));
  if (standing.hear(message.incarnation)) standing.answered = std::max(standing.answered, reply.round.value);
}

void TraceChecker::hear(Shadow& shadow, const raft::Raft&, const raft::Message& message, const raft::TimeoutNow&) {
  shadow.told_to_stand = hear_leader_of(shadow, message) && may_stand(rules_, shadow.model);
}

// --- Where the real member is

void TraceChecker::follow(Shadow& shadow, const raft::Raft& raft, std::string what) {
  if (!illegal_.empty()) return;
  ++steps_;
  shadow.recent.push_back(std::move(what));
  if (shadow.recent.size() > kRemembered) shadow.recent.pop_front();
  follow_role(shadow, raft);
  follow_log(shadow, raft);
  follow_commit(shadow, raft);
  follow_applied(shadow, raft);
  compare(shadow, raft);
  if (illegal_.empty()) keep_committed(shadow);
  const Model& m = shadow.model;
  shadow.recent.back() += std::string(": ") + kRoles[static_cast<int>(m.role)] + ", term " + std::to_string(m.term) +
                          ", vote " + std::to_string(m.vote) + ", commit " + std::to_string(m.commit) + ", last " +
                          std::to_string(m.log.last());
}

void TraceChecker::follow_role(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  if (role_of(raft) == Role::kFollower && m.role != Role::kFollower)
    become_follower(m, m.term, number_of(raft.leader()));
  if (raft.term().value > m.term && role_of(raft) != Role::kFollower) {
    if (!shadow.told_to_stand) {
      const bool asked = m.role == Role::kPreCandidate;
      if (!asked) shadow.granted = 0;
      require(asked || stand_for_pre_vote(rules_, m), shadow, "who asks for pre-votes may stand");
      require(has_quorum<uint32_t>(rules_, m.configuration, shadow.granted | only<uint32_t>(m.id)), shadow,
              "who stands has a quorum of pre-votes");
    }
    stand(m);
    shadow.stood.insert(m.term);
    shadow.votes[m.term] = m.id;
    shadow.granted = 0;
  } else if (role_of(raft) == Role::kPreCandidate && m.role != Role::kPreCandidate) {
    require(stand_for_pre_vote(rules_, m), shadow, "who asks for pre-votes may stand");
    shadow.granted = 0;
  }
  if (role_of(raft) == Role::kLeader && m.role == Role::kCandidate) {
    require(lead(rules_, m, shadow.granted), shadow, "who leads has a quorum of votes");
    if (illegal_.empty()) begin_to_lead(shadow);
  }
}

void TraceChecker::begin_to_lead(Shadow& shadow) {
  const Model& m = shadow.model;
  shadow.matched = {};
  shadow.released.clear();
  const uint64_t leader = leaders_.try_emplace(m.term, m.id).first->second;
  require(leader == m.id, shadow, "INV-R1: one leader in a term");
  for (uint64_t index = 1; index <= committed_.last(); ++index) {
    if (committed_in_[index - 1] < m.term)
      require(m.has({index, committed_.term(index)}), shadow, "INV-R3: a leader has what was committed before");
  }
}

void TraceChecker::follow_log(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  while (m.role == Role::kLeader && m.log.last() < raft.log().last_index().value && illegal_.empty()) {
    const Entry<uint64_t> entry = entry_of(*raft.log().entry(Index(m.log.last() + 1)));
    require(propose(rules_, m, entry.change), shadow, "INV-R11: a leader proposes one change at a time");
  }
}

void TraceChecker::follow_commit(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  const uint64_t commit = raft.log().commit().value;
  if (m.role != Role::kLeader || commit <= m.commit) return;
  uint32_t holders = 0;
  for (size_t i = 0; i < m.followers.size(); ++i) {
    if (m.followers[i].counts() && m.followers[i].match >= commit) holders |= only<uint32_t>(i + 1);
  }
  require(advance_commit(rules_, m, commit, holders), shadow,
          "INV-R8, R10: a leader commits an entry of its term that a quorum has");
}

void TraceChecker::follow_applied(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  while (m.applied < raft.log().applied().value && illegal_.empty()) {
    const bool is_plain = m.applied < m.log.last() && m.log.at(m.applied + 1).change == 0;
    require(is_plain && apply(m, {}), shadow, "what is applied is committed and durable, and a change acts");
  }
}

void TraceChecker::compare(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  if (!raft.leader()) m.leader = 0;  // it may forget whom it heard
  require(raft.term().value == m.term, shadow, "the same term");
  require(number_of(raft.hard_state().vote) == m.vote, shadow, "the same vote");
  require(role_of(raft) == m.role, shadow, "the same role");
  require(number_of(raft.leader()) == m.leader, shadow, "the same leader");
  require(id_of(raft.log().last()) == m.last(), shadow, "the same log");
  require(raft.log().commit().value == m.commit, shadow, "the same commit index");
  require(raft.log().applied().value <= m.applied, shadow, "nothing else applied");
  require(raft.quarantined() == m.quarantined, shadow, "in quarantine or not");
  require(configuration_of(raft.configuration()) == m.configuration, shadow, "the same configuration");
  require(raft.durable().value == 0 || m.has_durable(raft.durable().value), shadow,
          "INV-R7: durable is what was written");
  if (m.role == Role::kLeader && illegal_.empty()) compare_followers(shadow, raft);
}

// What it makes of others may be less than the model would allow.
void TraceChecker::compare_followers(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  for (const auto& [id, number] : numbers_) {
    auto& standing = m.follower(number);
    const raft::Progress* progress = raft.progress(id);
    if (!progress) {
      standing = {};
      continue;
    }
    require(progress->match().value <= standing.match, shadow, "a follower has no more than it acknowledged");
    require(!progress->standing.counts() || standing.counts(), shadow, "CC-12: who counts has all it acknowledged");
    confirm(rules_, m, number);
    if (standing.is_released(rules_)) shadow.released.emplace(number, standing.incarnation);
  }
}

void TraceChecker::keep_committed(Shadow& shadow) {
  const Model& m = shadow.model;
  for (uint64_t& index = shadow.checked; index < m.commit;) {
    ++index;
    if (index > committed_.last()) {
      committed_.push(m.log.at(index));
      committed_in_.push_back(m.term);
    }
    require(m.log.at(index) == committed_.at(index), shadow, "INV-R4: what is committed is the same for all");
    committed_in_[index - 1] = std::min(committed_in_[index - 1], m.term);
  }
}

// --- What it says. What is said in a term that it has left was looked at by others: by whoever hears it.

bool TraceChecker::led(const Shadow& shadow, const raft::Message& message) const {
  const auto leader = leaders_.find(message.term.value);
  return leader != leaders_.end() && leader->second == shadow.model.id && shadow.model.disk.term >= message.term.value;
}

bool TraceChecker::is_committed(raft::EntryId entry) const {
  return entry.index.value <= committed_.last() && committed_.term(entry.index.value) == entry.term.value;
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::PreVoteRequest& request) {
  const Model& m = shadow.model;
  const bool is_asking = m.role == Role::kPreCandidate && message.term.value == m.term + 1;
  return !is_asking || claims_no_more(m, request.last);
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::PreVoteReply& reply) {
  if (!is_committed(reply.commit)) return false;
  if (!reply.granted) return message.term.value <= shadow.model.disk.term;
  return shadow.would.contains({number_of(message.to), message.term.value});
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::VoteRequest& request) {
  const Model& m = shadow.model;
  if (!shadow.stood.contains(message.term.value) || m.disk.term < message.term.value) return false;
  return m.role != Role::kCandidate || message.term.value != m.term || claims_no_more(m, request.last);
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::VoteReply& reply) {
  const Model& m = shadow.model;
  const uint64_t term = message.term.value, to = number_of(message.to);
  if (!is_committed(reply.commit) || m.disk.term < term) return false;
  if (!reply.granted) return true;
  const auto given = shadow.votes.find(term);
  return given != shadow.votes.end() && given->second == to && (m.disk.term > term || m.disk.vote == to);
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::AppendRequest& request) {
  const Model& m = shadow.model;
  if (!led(shadow, message)) return false;
  if (m.role != Role::kLeader || message.term.value != m.term) return true;
  const SentLog log(request);
  bool is_own = log.last() <= m.log.last() && request.commit.value <= m.commit;
  for (uint64_t index = log.first(); is_own && index <= log.last(); ++index)
    is_own = m.log.term(index) == log.term(index);
  return is_own;
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::AppendReply& reply) {
  const Model& m = shadow.model;
  if (m.disk.term < message.term.value) return false;
  if (!reply.accepted || message.term.value != m.term) return true;
  const uint64_t index = reply.index.value;
  return index <= std::max(shadow.agreed, m.commit) && m.has_durable(index) && (reply.quarantined || !m.quarantined);
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::Heartbeat& heartbeat) {
  Model& m = shadow.model;
  if (!led(shadow, message)) return false;
  if (m.role != Role::kLeader || message.term.value != m.term) return true;
  m.round = std::max(m.round, heartbeat.round.value);
  const uint64_t to = number_of(message.to);
  const bool may_release = heartbeat.released == 0 || shadow.released.contains({to, heartbeat.released});
  return heartbeat.commit.value <= std::min(shadow.matched[to - 1], m.commit) && may_release;
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::HeartbeatReply& reply) {
  const Model& m = shadow.model;
  return m.disk.term >= message.term.value && (message.term.value != m.term || reply.round.value <= shadow.round);
}

bool TraceChecker::may_say(Shadow& shadow, const raft::Message& message, const raft::TimeoutNow&) {
  return led(shadow, message);
}

// --- Starts

void TraceChecker::begin(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  const raft::Log& log = raft.log();
  m.id = number_of(raft.id());
  m.term = raft.term().value;
  m.vote = number_of(raft.hard_state().vote);
  for (Index index(1); index <= log.last_index(); index = index.next()) {
    const Result<Term> term = log.term(index);
    m.log.push(log.is_cached(index) ? entry_of(*log.entry(index)) : Entry<uint64_t>{term ? term->value : 0, 0});
  }
  m.commit = log.commit().value;
  m.applied = log.applied().value;
  m.configuration = configuration_of(raft.configuration());
  m.quarantined = raft.quarantined();
  persist(rules_, m);
  require(log.last_index() || m.configuration == configuration_of(founders_), shadow, "an empty log is the founders'");
}

// Of the writes under way any number may have come through, the last one in part.
void TraceChecker::begin_again(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  const raft::EntryId last = raft.log().last();
  const auto is_it = [&] {
    const bool is_end = m.disk.log.last() == last.index.value || raft.quarantined();
    const bool has_last = last.index.value <= m.disk.log.last() && m.disk.log.term(last.index.value) == last.term.value;
    const uint64_t commit = std::max(raft.log().applied().value, std::min(m.disk.commit, last.index.value));
    return m.disk.term == raft.term().value && m.disk.vote == number_of(raft.hard_state().vote) && is_end && has_last &&
           commit == raft.log().commit().value;
  };
  for (auto& write_under_way : shadow.writes) {
    if (is_it()) break;
    if (write_under_way.hard_state) write(m.disk, *write_under_way.hard_state);
    for (const EntryPtr& entry : write_under_way.entries) {
      if (is_it()) break;
      write(m.disk, entry);
    }
  }
  require(is_it(), shadow, "INV-R5, R7: a start from what was written");
  if (!illegal_.empty()) return;
  m.disk.log.cut(last.index.value);
  m.quarantined = raft.quarantined();
  restart(rules_, m, raft.log().applied().value, configuration_of(raft.configuration()));
  shadow.writes.clear();
  shadow.would.clear();
  shadow.granted = 0;
  shadow.agreed = shadow.round = shadow.checked = 0;
}

// Up to what others have committed; what is behind it stays if the log has its last entry.
void TraceChecker::fill(LongLog& log, raft::EntryId snapshot) const {
  const uint64_t index = snapshot.index.value;
  if (index <= log.last() && log.term(index) == snapshot.term.value) return;
  log.cut(0);
  while (log.last() < index) log.push(committed_.at(log.last() + 1));
}

void TraceChecker::write(Model::Disk& disk, const HardState& hard_state) {
  disk.term = hard_state.term.value;
  disk.vote = number_of(hard_state.vote);
  disk.commit = hard_state.commit.value;
}

void TraceChecker::write(Model::Disk& disk, const EntryPtr& entry) {
  disk.log.cut(entry->index.value - 1);
  disk.log.push(entry_of(*entry));
}

uint64_t TraceChecker::number_of(MemberId id) {
  if (!id) return 0;
  const uint64_t number = numbers_.try_emplace(id, numbers_.size() + 1).first->second;
  assert(number <= Large::kMembers);
  return number;
}

Configuration<uint32_t> TraceChecker::configuration_of(const raft::Configuration& configuration) {
  const auto set = [&](const std::vector<MemberId>& ids) {
    uint32_t members = 0;
    for (MemberId id : ids) members |= only<uint32_t>(number_of(id));
    return members;
  };
  return {set(configuration.voters), set(configuration.outgoing), set(configuration.learners)};
}

void TraceChecker::require(bool holds, const Shadow& shadow, const char* rule) {
  if (holds || !illegal_.empty()) return;
  std::ostringstream text;
  for (const std::string& step : shadow.recent) text << "  " << step << '\n';
  illegal_ = "member " + std::to_string(shadow.model.id) + " broke a rule: " + rule + "\n" + text.str();
}

}  // namespace viaduct::model
