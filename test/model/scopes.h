// The small worlds that are searched: each looks at one part of the protocol, with just enough of everything else.
#pragma once

#include <vector>

#include "world.h"

namespace viaduct::model {

inline Scope scope(const char* name, uint8_t terms, uint8_t entries) {
  Scope scope{};
  scope.name = name;
  scope.terms = terms;
  scope.entries = entries;
  return scope;
}

// Three members elect and write.
inline Scope elections() {
  Scope s = scope("elections", 3, 2);
  s.steps_down = true;
  return s;
}
// The same on a disk that takes its time, and loses what it has not taken.
inline Scope slow_disks() {
  Scope s = scope("slow disks", 2, 2);
  s.slow_disk = true;
  s.candidates = 0b101;
  s.proposals = 0;
  s.restarts = 1;
  return s;
}
// Figure 8 of the paper: entries of older terms.
inline Scope old_terms() {
  Scope s = scope("old terms", 4, 3);
  s.start = Start::kSettled;
  s.candidates = 0b101;
  s.proposals = 1;
  return s;
}
// Elections by way of a pre-vote, and by the leader's order.
inline Scope pre_votes() {
  Scope s = scope("pre-votes and transfer", 2, 2);
  s.pre_vote = true;
  s.proposals = 1;
  return s;
}
// Answers to votes say what is committed.
inline Scope vote_answers() {
  Scope s = scope("answers to votes", 2, 2);
  s.tells_commit = true;
  s.proposals = 0;
  return s;
}
// One voter becomes two, and then the other one.
inline Scope one_at_a_time() {
  Scope s = scope("one at a time", 2, 4);
  s.start = Start::kSettled;
  s.initial = {0b001, 0, 0};
  s.changes = {{0b011, 0, 0}, {0b010, 0, 0}};
  s.candidates = 0b011;
  s.proposals = 0;
  s.restarts = 1;
  s.restarting = 0b001;
  return s;
}
// Two leaders who would each change something else.
inline Scope rival_changes() {
  Scope s = scope("rival changes", 2, 4);
  s.start = Start::kSettled;
  s.changes = {{0b110, 0, 0}, {0b011, 0, 0}};
  s.proposals = 0;
  return s;
}
// Three voters become one by a joint configuration.
inline Scope joint_change() {
  Scope s = scope("joint change", 2, 4);
  s.start = Start::kSettled;
  s.changes = {{0b100, 0b111, 0}, {0b100, 0, 0}};
  s.proposals = 1;
  return s;
}
// A voter, a learner, and a slow disk.
inline Scope learners() {
  Scope s = scope("learners", 2, 3);
  s.initial = {0b001, 0, 0b010};
  s.slow_disk = true;
  s.restarts = 1;
  return s;
}
// Member 3 loses any part of its log.
inline Scope loss() {
  Scope s = scope("loss", 2, 2);
  s.start = Start::kSettled;
  s.proposals = 1;
  s.restarts = s.losses = 1;
  s.restarting = 0b100;
  s.rounds = 1;
  s.has_quarantines = true;
  return s;
}
// After that.
inline Scope after_loss() {
  Scope s = scope("after a loss", 2, 3);
  s.start = Start::kLost;
  s.candidates = 0b011;
  s.proposals = 0;
  s.rounds = 1;
  s.has_quarantines = true;
  return s;
}
// After that, when the leader has restarted.
inline Scope after_loss_and_restart() {
  Scope s = after_loss();
  s.name = "after a loss and a restart";
  s.start = Start::kLostAndForgotten;
  s.terms = 3;
  return s;
}
// Or member 3 loses something once more, before or after it has everything again.
inline Scope second_loss() {
  Scope s = scope("second loss", 2, 3);
  s.start = Start::kLost;
  s.candidates = 0b010;
  s.proposals = 0;
  s.restarts = s.losses = 1;
  s.restarting = 0b100;
  s.rounds = 1;
  s.has_quarantines = true;
  return s;
}

inline std::vector<Scope> all_scopes() {
  return {elections(),     slow_disks(),   old_terms(), pre_votes(), vote_answers(), one_at_a_time(),
          rival_changes(), joint_change(), learners(),  loss(),      after_loss(),   after_loss_and_restart(),
          second_loss()};
}

}  // namespace viaduct::model
