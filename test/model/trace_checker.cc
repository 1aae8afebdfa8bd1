#include "trace_checker.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <sstream>

#include "trace_words.h"

namespace viaduct::model {
namespace {

constexpr size_t kRemembered = 30;  // steps of a member, shown with an illegal one

const char* const kRoles[] = {"follower", "pre-candidate", "candidate", "leader"};

Role role_of(const raft::Raft& raft) { return static_cast<Role>(raft.role()); }
static_assert(static_cast<int>(Role::kLeader) == static_cast<int>(raft::Role::kLeader));

// One at a time, or into and out of a joint configuration (RF-10).
bool may_follow(const Configuration<uint32_t>& now, const Configuration<uint32_t>& next) {
  if (now == Configuration<uint32_t>()) return true;  // who joins knows nobody before it has the founders
  if (now.outgoing != 0) return next == now || (next.outgoing == 0 && next.voters == now.voters);
  if (next.outgoing != 0) return next.outgoing == now.voters;
  return std::popcount(now.voters ^ next.voters) <= 1;
}

}  // namespace

// --- What is told

void TraceChecker::stepped(const raft::Raft& raft, const raft::Message& message) {
  Shadow& shadow = shadow_of(raft);
  const bool is_meant = message.to == raft.id() && message.from != raft.id() && message.from;
  if (is_meant) std::visit([&](const auto& body) { hear(shadow, raft, message, body); }, message.body);
  follow(shadow, raft, {"heard", number_of(message.from), message.term.value, message.body.index()});
  shadow.told_to_stand = false;
}

void TraceChecker::configured(const raft::Raft& raft, const raft::Configuration& next) {
  Shadow& shadow = shadow_of(raft);
  Model& m = shadow.model;
  const Configuration<uint32_t> changed_to = configuration_of(next);
  while (m.applied < m.commit && m.log.at(m.applied + 1).change == 0 && apply(m, changed_to)) continue;
  require(may_follow(m.configuration, changed_to), shadow, "RF-10: one member at a time, or a joint change");
  require(m.applied < m.commit && apply(m, changed_to), shadow, "a change that acts is committed and durable");
  follow(shadow, raft, {"changed its configuration"});
  compare_configuration(shadow);
}

void TraceChecker::acted(const raft::Raft& raft) { follow(shadow_of(raft), raft, {"acted"}); }

// --- Where the real member is

void TraceChecker::follow(Shadow& shadow, const raft::Raft& raft, const Step& step) {
  if (!illegal_.empty()) return;
  ++steps_;
  shadow.recent.push_back(step);
  if (shadow.recent.size() > kRemembered) shadow.recent.pop_front();
  follow_role(shadow, raft);
  follow_log(shadow, raft);
  follow_commit(shadow, raft);
  follow_applied(shadow, raft);
  compare(shadow, raft);
  if (illegal_.empty()) keep_committed(shadow);
  const Model& m = shadow.model;
  Step& done = shadow.recent.back();
  done.after = {Term(m.term), MemberId(m.vote), Index(m.commit)};
  done.role = m.role;
  done.last = m.log.last();
}

std::string TraceChecker::Step::text() const {
  std::ostringstream text;
  text << what;
  if (from != 0) text << ' ' << from << " in term " << term << " say #" << kind;
  text << ": " << kRoles[static_cast<int>(role)] << ", term " << after.term.value << ", vote " << after.vote.value
       << ", commit " << after.commit.value << ", last " << last;
  return text.str();
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
  require(raft.log().base().index.value <= m.applied, shadow, "INV-R6: nothing is cut that was not applied");
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

// By the newest change that was applied, whoever has applied it.
void TraceChecker::compare_configuration(const Shadow& shadow) {
  uint64_t index = std::min(shadow.model.applied, committed_.last());
  while (index > 0 && committed_.at(index).change == 0) --index;
  if (index == 0) return;  // the founders', or nobody's
  const auto [known, is_new] = configurations_.emplace(index, shadow.model.configuration);
  require(is_new || known->second == shadow.model.configuration, shadow,
          "INV-R11: the log decides on the configuration");
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
  for (const Step& step : shadow.recent) text << "  " << step.text() << '\n';
  illegal_ = "member " + std::to_string(shadow.model.id) + " broke a rule: " + rule + "\n" + text.str();
}

}  // namespace viaduct::model
