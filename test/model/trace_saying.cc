// What a member says. What it says in a term that it has left is looked at by whoever hears it.
#include <algorithm>
#include <utility>

#include "trace_checker.h"
#include "trace_words.h"

namespace viaduct::model {
namespace {

// A snapshot may have brought more since the request was made.
template <typename M>
bool claims_no_more(const M& m, raft::EntryId last) {
  return std::pair(last.term.value, last.index.value) <= std::pair(m.last().term, m.last().index);
}

}  // namespace

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

}  // namespace viaduct::model
