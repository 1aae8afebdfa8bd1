// All that may happen next in a world.
#include <algorithm>
#include <cstring>

#include "world.h"

namespace viaduct::model {
namespace {

constexpr uint8_t kMember3 = 3;

uint8_t bit(uint8_t member) { return only<uint8_t>(member); }

// One event tried on a copy of a world.
class Trial {
 public:
  Trial(const Scope& scope, const Rules& rules, const World& before, Visitor& visitor)
      : scope_(scope), rules_(rules), before_(before), world_(before), visitor_(visitor) {}

  void run() {
    for (uint8_t id = 1; id <= kMaxMembers; ++id) {
      elections(id);
      for (uint8_t term = before(id).term; term <= scope_.terms; ++term) {
        if (term > 0) hear_term(id, term);
      }
      if (before(id).role == Role::kLeader) lead(id);
      own_affairs(id);
    }
  }

 private:
  const SmallMember& before(uint8_t id) const { return before_.members[id - 1]; }
  SmallMember& member(uint8_t id) { return world_.members[id - 1]; }
  Said& said(uint8_t term) { return world_.said[term - 1]; }
  const Said& was_said(uint8_t term) const { return before_.said[term - 1]; }

  void elections(uint8_t id) {
    const SmallMember& was = before(id);
    const bool stands = was.term < scope_.terms && (scope_.candidates & bit(id)) != 0;
    if (stands && scope_.pre_vote) {
      if (stand_for_pre_vote(rules_, member(id))) done("asks before a vote", id);
      const uint8_t would = was_said(static_cast<uint8_t>(was.term + 1)).would_grant[id - 1];
      if (was.role == Role::kPreCandidate && has_quorum<uint8_t>(rules_, was.configuration, would | bit(id))) {
        stand(member(id));
        done("stands", id);
      }
    } else if (stands && may_stand(rules_, was)) {
      stand(member(id));
      done("stands", id);
    }
    if (was.role == Role::kCandidate && was.log.last() < scope_.entries) {
      if (viaduct::model::lead(rules_, member(id), was_said(was.term).granted[id - 1])) done("leads", id);
    }
    for (uint8_t other = 1; other <= kMaxMembers; ++other) {
      if (other == id || !scope_.tells_commit) continue;
      if (learn_commit(rules_, member(id), before(other).committed())) done("learns of commit", id, other);
    }
  }

  // What others have said in a term that is not older than the member's.
  void hear_term(uint8_t id, uint8_t term) {
    const Said& heard = was_said(term);
    for (uint8_t other = 1; other <= kMaxMembers; ++other) {
      if (other == id) continue;
      if (heard.candidates & bit(other)) hear_candidate(id, term, other);
      if (heard.asking & bit(other) && may_pre_vote(rules_, before(id), term, heard.asking_last[other - 1])) {
        said(term).would_grant[other - 1] |= bit(id);
        done("would vote", id, other, term);
      }
    }
    if (heard.leader == 0 || heard.leader == id) return;
    for (uint8_t last = 1; last <= heard.log.last(); ++last) {
      for (const uint8_t commit : {heard.committed_before[last - 1], heard.commit}) {
        hear_append(id, term, last, last, commit);
        hear_append(id, term, static_cast<uint8_t>(last - 1), last, commit);
        if (heard.commit == heard.committed_before[last - 1]) break;
      }
    }
    if (heard.told_to_stand & bit(id)) told_to_stand(id, term);
    if (scope_.rounds > 0) hear_heartbeat(id, term);
  }

  void hear_candidate(uint8_t id, uint8_t term, uint8_t candidate) {
    SmallMember& m = member(id);
    const bool given = vote(rules_, m, term, candidate, was_said(term).candidate_last[candidate - 1]);
    if (!scope_.slow_disk) persist(rules_, m);
    const bool leaves = m.has_durable_vote() || rules_.is(Mutant::kVotesBeforeDurable);
    if (given && leaves) said(term).granted[candidate - 1] |= bit(id);
    done(given ? "votes for" : "does not vote for", id, candidate, term);
  }

  void hear_append(uint8_t id, uint8_t term, uint8_t previous, uint8_t last, uint8_t commit) {
    SmallMember& m = member(id);
    const Said& heard = was_said(term);
    if (!hear_leader(m, term, heard.leader)) return;
    const bool accepted = append(rules_, m, previous, last, heard.log, commit);
    if (!scope_.slow_disk) persist(rules_, m);
    if (accepted && may_acknowledge(rules_, m, last)) {
      uint8_t& acknowledged = said(term).acknowledged[id - 1][m.incarnation][m.quarantined];
      acknowledged = std::max(acknowledged, last);
    }
    done(accepted ? "accepts" : "rejects", id, term, last, commit);
  }

  void told_to_stand(uint8_t id, uint8_t term) {
    SmallMember& m = member(id);
    if (term < scope_.terms && hear_leader(m, term, was_said(term).leader) && may_stand(rules_, m)) {
      stand(m);
      return done("is told to stand", id);
    }
    world_ = before_;
  }

  void hear_heartbeat(uint8_t id, uint8_t term) {
    const Said& heard = was_said(term);
    SmallMember& m = member(id);
    if (heard.round > 0 && hear_leader(m, term, heard.leader) && (m.has_durable_vote() || !scope_.slow_disk)) {
      uint8_t matched = 0;  // a heartbeat speaks of no more than some incarnation had acknowledged
      for (const auto& incarnation : heard.acknowledged[id - 1])
        matched = std::max({matched, incarnation[0], incarnation[1]});
      m.commit = std::max(m.commit, std::min({heard.commit, matched, m.log.last()}));
      said(term).answered[id - 1][m.incarnation] = heard.round;
      done("answers round", id, heard.round, term);
    }
    world_ = before_;
    for (uint8_t incarnation = 1; incarnation < kMaxIncarnations; ++incarnation) {
      if (!(heard.released[id - 1] & bit(incarnation))) continue;
      if (hear_leader(m, term, heard.leader) && end_quarantine(rules_, m, incarnation)) done("is released", id, term);
      world_ = before_;
    }
  }

  void lead(uint8_t id) {
    const SmallMember& was = before(id);
    if (was.log.last() < scope_.entries) {
      if (before_.proposals < scope_.proposals && propose(rules_, member(id), 0)) {
        ++world_.proposals;
        done("proposes", id);
      }
      for (uint8_t change = 1; change <= scope_.changes.size(); ++change) {
        if (may_follow(was.configuration, scope_.changes[change - 1]) && propose(rules_, member(id), change))
          done("proposes a change", id, change);
      }
    }
    for (uint8_t index = was.commit + 1; index <= was.log.last(); ++index) {
      if (advance_commit(rules_, member(id), index, holders(id, index))) done("commits", id, index);
    }
    if (scope_.steps_down) {
      become_follower(member(id), was.term, uint8_t{0});
      done("steps down", id);
    }
    for (uint8_t other = 1; other <= kMaxMembers; ++other) {
      if (other == id) continue;
      if (scope_.pre_vote && holders(id, was.log.last()) & bit(other)) {
        said(was.term).told_to_stand |= bit(other);
        done("hands over to", id, other);
      }
      if (scope_.has_quarantines) follow(id, other);
    }
    if (was.round < scope_.rounds) {
      ++member(id).round;
      done("begins a round", id);
    }
  }

  // One at a time, or into and out of a joint one.
  static bool may_follow(const SmallConfiguration& now, const SmallConfiguration& next) {
    if (now == next) return false;
    if (now.outgoing != 0) return next.outgoing == 0 && next.voters == now.voters;
    if (next.outgoing != 0) return next.outgoing == now.voters;
    return __builtin_popcount(now.voters ^ next.voters) <= 1;
  }

  // With a loss it matters what the leader has heard of whom; else it may as well have heard everything.
  uint8_t holders(uint8_t id, uint8_t index) const {
    const SmallMember& leader = before(id);
    uint8_t set = 0;
    for (uint8_t other = 1; other <= kMaxMembers; ++other) {
      if (other == id) continue;
      const auto& standing = leader.follower(other);
      const uint8_t acknowledged = was_said(leader.term).acknowledged[other - 1][0][0];
      const bool holds = scope_.has_quarantines ? standing.counts() && standing.match >= index : acknowledged >= index;
      if (holds) set |= bit(other);
    }
    return set;
  }

  // What a leader hears of a follower that may have lost something, and does for it.
  void follow(uint8_t id, uint8_t other) {
    const SmallMember& was = before(id);
    const Said& heard = was_said(was.term);
    for (uint8_t incarnation = 0; incarnation < kMaxIncarnations; ++incarnation) {
      for (const bool quarantined : {false, true}) {
        const uint8_t match = heard.acknowledged[other - 1][incarnation][quarantined];
        auto& standing = member(id).follower(other);
        if (match > 0 && standing.hear(incarnation)) {
          standing.tell(quarantined, static_cast<uint8_t>(was.round + 1));
          standing.match = std::max(standing.match, match);
          done("hears what is held by", id, other, match, quarantined);
        }
        world_ = before_;
      }
      auto& standing = member(id).follower(other);
      if (const uint8_t round = heard.answered[other - 1][incarnation]; round > 0 && standing.hear(incarnation)) {
        standing.answered = std::max(standing.answered, round);
        done("hears the round answered by", id, other, round);
      }
      world_ = before_;
    }
    if (confirm(rules_, member(id), other)) done("confirms", id, other);
    if (const auto& standing = was.follower(other); standing.is_released(rules_)) {
      said(was.term).released[other - 1] |= bit(standing.incarnation);
      done("releases", id, other);
    }
  }

  void own_affairs(uint8_t id) {
    const SmallMember& was = before(id);
    if (scope_.slow_disk) {
      persist(rules_, member(id));
      done("writes", id);
    }
    for (SmallMember& m = member(id);
         !scope_.changes.empty() && m.applied < m.commit && m.has_durable(m.applied + 1);) {
      if (!apply(m, configuration_of(m.log.at(static_cast<uint8_t>(m.applied + 1)).change))) break;
      if (m.log.at(m.applied).change != 0 || m.applied == m.commit) break;
    }
    done("applies", id);
    if (before_.restarts == scope_.restarts || !(scope_.restarting & bit(id))) return;
    for (const uint8_t applied : {uint8_t{0}, was.applied}) {
      restart_at(id, applied, was.disk.log.last());
      if (was.applied == 0) break;
    }
    if (id != kMember3 || before_.losses == scope_.losses) return;
    for (uint8_t kept = 0; kept < was.disk.log.last(); ++kept) restart_at(id, 0, kept);
  }

  void restart_at(uint8_t id, uint8_t applied, uint8_t kept) {
    SmallMember& m = member(id);
    const bool loses = kept < m.disk.log.last();
    ++world_.restarts;
    m.disk.log.cut(kept);
    restart(rules_, m, applied, configuration_at(m, applied));
    if (loses) {
      ++world_.losses;
      m.quarantined = true;
    }
    if (!scope_.has_quarantines) m.incarnation = 0;  // makes no difference
    done(loses ? "restarts with a loss" : "restarts", id, applied, kept);
  }

  SmallConfiguration configuration_of(uint8_t change) const {
    return change == 0 ? SmallConfiguration{} : scope_.changes[change - 1];
  }
  SmallConfiguration configuration_at(const SmallMember& m, uint8_t applied) const {
    for (uint8_t index = applied; index > 0; --index) {
      if (m.disk.log.at(index).change != 0) return configuration_of(m.disk.log.at(index).change);
    }
    return scope_.initial;
  }

  // Says what the member may say by now, shows the world after the event, and goes back to the one before.
  void done(const char* what, uint8_t id, uint8_t a = 0, uint8_t b = 0, uint8_t c = 0) {
    if (!scope_.slow_disk) persist(rules_, member(id));
    speak(member(id));
    const char* broken = keep_history(id);
    if (std::memcmp(&world_, &before_, sizeof(World)) != 0 || broken)
      visitor_.visit(world_, {what, id, {a, b, c}}, broken);
    world_ = before_;
  }

  void speak(const SmallMember& m) {
    if (m.role == Role::kPreCandidate) {
      Said& next = said(static_cast<uint8_t>(m.term + 1));
      next.asking |= bit(m.id);
      next.asking_last[m.id - 1] = m.last();
    }
    if (!m.has_durable_vote() || m.term == 0) return;
    Said& now = said(m.term);
    if (m.role == Role::kCandidate) {
      now.candidates |= bit(m.id);
      now.candidate_last[m.id - 1] = m.last();
    } else if (m.role == Role::kLeader) {
      now.leader = m.id;
      for (uint8_t index = now.log.last(); index < m.log.last(); ++index) now.committed_before[index] = m.commit;
      now.log = m.log;
      now.commit = m.commit;
      now.round = m.round;
    }
  }

  const char* keep_history(uint8_t id) {
    const SmallMember& m = member(id);
    const SmallMember& was = before(id);
    if (m.role == Role::kLeader && was.role != Role::kLeader) {
      uint8_t& leader = world_.leaders[m.term - 1];
      if (leader != 0 && leader != id) return "election safety: two leaders in a term";
      leader = id;
      for (uint8_t index = 1; index <= world_.committed.last(); ++index) {
        if (world_.committed_in[index - 1] < m.term && !m.has({index, world_.committed.term(index)}))
          return "leader completeness: a leader lacks what was committed before its term";
      }
    }
    for (uint8_t index = 1; index <= m.commit; ++index) {
      if (index > world_.committed.last()) {
        world_.committed.push(m.log.at(index));
        world_.committed_in[index - 1] = m.term;
      } else if (world_.committed.at(index) != m.log.at(index)) {
        return "state machine safety: two entries committed at an index";
      }
    }
    return nullptr;
  }

  const Scope& scope_;
  const Rules& rules_;
  const World& before_;
  World world_;
  Visitor& visitor_;
};

}  // namespace

void for_each_event(const Scope& scope, const Rules& rules, const World& world, Visitor& visitor) {
  Trial(scope, rules, world, visitor).run();
}

}  // namespace viaduct::model
