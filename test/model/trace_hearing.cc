// What a message makes of the model.
#include <algorithm>

#include "trace_checker.h"
#include "trace_words.h"

namespace viaduct::model {

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

}  // namespace viaduct::model
