#include "test/sim/invariants.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/sim/unit/logs.h"
#include "viaduct/command.pb.h"

namespace viaduct::sim {
namespace {

using Step = std::function<void(Invariants&)>;

struct Case {
  const char* name;
  const char* rule;  // of the first violation; empty: there is none
  std::vector<Step> steps;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    cluster_test::Violations violations;
    Invariants invariants(violations);
    for (const Step& step : c.steps) step(invariants);
    check_first(violations, c.rule);
  }
}

Step says(uint64_t member, uint64_t term, raft::MessageBody body, uint64_t to) {
  const raft::Message message{MemberId(member), MemberId(to), Term(term), 1, std::move(body)};
  return [=](Invariants& invariants) { invariants.said(MemberId(member), peer::RaftFrame{message, 0}); };
}
Step leads(uint64_t member, uint64_t term) { return says(member, term, raft::Heartbeat{}, 9); }
Step stands(uint64_t member, uint64_t term) { return says(member, term, raft::VoteRequest{}, 9); }
Step votes(uint64_t member, uint64_t term, uint64_t candidate) {
  return says(member, term, raft::VoteReply{true}, candidate);
}

EntryPtr entry(uint64_t index, uint64_t term, const std::string& data = "data") {
  return std::make_shared<const Entry>(Entry{Term(term), Index(index), EntryType::kCommand, data});
}
// What comes before the first entry is of the term `previous`.
Step sends(uint64_t member, uint64_t term, uint64_t previous, std::vector<EntryPtr> entries) {
  const Index before = entries.empty() ? Index(9) : entries.front()->index.previous();
  return says(member, term, raft::AppendRequest{{before, Term(previous)}, std::move(entries), Index()}, 9);
}

Step applies(uint64_t member, uint64_t index, uint64_t term, uint64_t chain) {
  return [=](Invariants& invariants) { invariants.applied(MemberId(member), {Index(index), Term(term), {}, chain}); };
}
Step hashes(uint64_t member, uint64_t index, uint64_t hash) {
  return [=](Invariants& invariants) { invariants.hashed(MemberId(member), Index(index), hash); };
}
Step forwards(uint64_t member, const Command& command) {
  const peer::ForwardedCommand frame{.id = 1, .term = Term(5), .data = command.SerializeAsString()};
  return [=](Invariants& invariants) { invariants.said(MemberId(member), frame); };
}
Step begins(uint64_t member) {
  return [=](Invariants& invariants) { invariants.began(MemberId(member)); };
}
Step forgets(uint64_t member) {
  return [=](Invariants& invariants) { invariants.forget_votes(MemberId(member)); };
}

}  // namespace

TEST_CASE("who has applied the same has the same data") {
  check({
      {"the same, and another later", "", {hashes(1, 256, 7), hashes(2, 256, 7), hashes(1, 512, 8)}},
      {"the same member after a restart", "INV-A2", {hashes(1, 256, 7), begins(1), hashes(1, 256, 8)}},
      {"another one", "INV-A2", {hashes(1, 256, 7), hashes(2, 256, 8)}},
  });
}

TEST_CASE("leases are ended by who leads, and that is left to nobody else") {
  Command ends, revokes;
  ends.mutable_lease_expire()->add_ids(1);
  revokes.mutable_lease_revoke()->set_id(1);
  check({
      {"a client's revocation", "", {forwards(2, revokes)}},
      {"an end", "INV-E6", {forwards(2, ends)}},
  });
}

TEST_CASE("a term has one leader") {
  check({
      {"nobody says anything", "", {}},
      {"the same one again", "", {leads(1, 5), leads(1, 5), sends(1, 5, 4, {})}},
      {"another one in the next term", "", {leads(1, 5), leads(2, 6)}},
      {"the old one, late", "", {leads(1, 5), leads(2, 6), leads(1, 5)}},
      {"two by their heartbeats", "INV-R1", {leads(1, 5), leads(2, 5)}},
      {"two, one of which appends", "INV-R1", {leads(1, 5), sends(2, 5, 4, {})}},
      {"two, with a term between", "INV-R1", {leads(1, 5), leads(2, 6), leads(3, 5)}},
  });
}

TEST_CASE("entries of one index and term are the same, and so is what comes before them") {
  check({
      {"sent again", "", {sends(1, 5, 4, {entry(7, 5)}), sends(1, 5, 4, {entry(7, 5)})}},
      {"sent by the next leader", "", {sends(1, 5, 4, {entry(7, 5)}), sends(2, 6, 4, {entry(7, 5), entry(8, 6)})}},
      {"in one message or in two",
       "",
       {sends(1, 5, 4, {entry(7, 5), entry(8, 5)}), sends(1, 5, 5, {entry(8, 5), entry(9, 5)})}},
      {"another one of another term", "", {sends(1, 5, 4, {entry(7, 5)}), sends(2, 6, 4, {entry(7, 6, "other")})}},
      {"another content", "INV-R2", {sends(1, 5, 4, {entry(7, 5)}), sends(2, 6, 4, {entry(7, 5, "other")})}},
      {"after an entry of another term", "INV-R2", {sends(1, 5, 4, {entry(7, 5)}), sends(2, 6, 3, {entry(7, 5)})}},
      {"after another entry of the same message",
       "INV-R2",
       {sends(1, 5, 4, {entry(7, 5), entry(8, 5)}), sends(2, 6, 4, {entry(7, 4), entry(8, 5)})}},
  });
}

TEST_CASE("leaders have what was committed before their term") {
  check({
      {"the one that committed it", "", {leads(1, 5), applies(1, 7, 5, 0), sends(1, 5, 4, {entry(7, 5)})}},
      {"the next one", "", {leads(1, 5), applies(1, 7, 5, 0), sends(2, 6, 4, {entry(7, 5)})}},
      {"the next one with another entry", "INV-R3", {leads(1, 5), applies(1, 7, 5, 0), sends(2, 6, 4, {entry(7, 6)})}},
      {"the next one with an older entry", "INV-R3", {leads(1, 5), applies(1, 7, 5, 0), sends(2, 6, 4, {entry(7, 4)})}},
      {"the same one with an older entry", "INV-R3", {leads(1, 5), applies(1, 7, 5, 0), sends(1, 5, 3, {entry(7, 4)})}},
      {"as the last of several",
       "INV-R3",
       {leads(1, 5), applies(1, 7, 5, 0), sends(2, 6, 4, {entry(6, 4), entry(7, 4)})}},
      {"another one before it was committed", "", {sends(2, 6, 4, {entry(7, 6)}), leads(1, 7), applies(1, 7, 5, 0)}},
      // Figure 8 of the raft paper: an entry of term 2, which the leader of term 3 has not, is committed in term 4.
      {"a late append of a leader from before the commit",
       "",
       {sends(5, 3, 1, {entry(2, 3)}), sends(1, 4, 1, {entry(2, 2), entry(3, 4)}), applies(1, 2, 2, 0),
        sends(5, 3, 1, {entry(2, 3)})}},
      {"a leader behind that of the commit",
       "INV-R3",
       {sends(5, 3, 1, {entry(2, 3)}), sends(1, 4, 1, {entry(2, 2), entry(3, 4)}), applies(1, 2, 2, 0),
        sends(5, 5, 1, {entry(2, 3)})}},
      {"seen by the one that is second to apply it",
       "INV-R3",
       {leads(1, 5), applies(1, 7, 5, 0), leads(3, 8), applies(2, 7, 5, 0), sends(2, 6, 4, {entry(7, 6)})}},
  });
}

TEST_CASE("members apply the same, in order") {
  check({
      {"one after the other", "", {applies(1, 7, 5, 70), applies(1, 8, 5, 80), applies(1, 9, 6, 90)}},
      {"the same on both",
       "",
       {applies(1, 7, 5, 70), applies(2, 7, 5, 70), applies(2, 8, 5, 80), applies(1, 8, 5, 80)}},
      {"in groups of other sizes",
       "",
       {applies(1, 7, 5, 70), applies(1, 9, 5, 90), applies(2, 8, 5, 80), applies(2, 9, 5, 90)}},
      {"an entry of another term", "INV-R4", {applies(1, 7, 5, 70), applies(2, 7, 6, 70)}},
      {"another entry than before its restart", "INV-R4", {applies(1, 7, 5, 70), begins(1), applies(1, 7, 6, 70)}},
      {"another state", "INV-A2", {applies(1, 7, 5, 70), applies(2, 7, 5, 71)}},
      {"another state than before its restart", "INV-A2", {applies(1, 7, 5, 70), begins(1), applies(1, 7, 5, 71)}},
      {"the same again, without a new entry", "", {applies(1, 7, 5, 70), applies(1, 7, 5, 70)}},
      {"back", "INV-A5", {applies(1, 7, 5, 70), applies(1, 8, 5, 80), applies(1, 7, 5, 70)}},
      {"back, by a restart", "", {applies(1, 7, 5, 70), applies(1, 8, 5, 80), begins(1), applies(1, 7, 5, 70)}},
      {"back, by another one's restart",
       "INV-A5",
       {applies(1, 7, 5, 70), applies(1, 8, 5, 80), begins(2), applies(1, 7, 5, 70)}},
      {"one that is behind another", "", {applies(1, 8, 5, 80), applies(2, 7, 5, 70)}},
  });
}

TEST_CASE("a member votes once in a term") {
  const Step pre_vote = says(1, 5, raft::PreVoteReply{true}, 3), refusal = says(1, 5, raft::VoteReply{false}, 3);
  check({
      {"again for the same one", "", {votes(1, 5, 2), votes(1, 5, 2)}},
      {"again after a restart", "", {votes(1, 5, 2), begins(1), votes(1, 5, 2)}},
      {"for another one in the next term", "", {votes(1, 5, 2), votes(1, 6, 3)}},
      {"as others do", "", {votes(1, 5, 2), votes(3, 5, 4)}},
      {"and refuses another one", "", {votes(1, 5, 2), refusal}},
      {"and might vote for another one", "", {votes(1, 5, 2), pre_vote}},
      {"for itself, asking several", "", {stands(1, 5), stands(1, 5)}},
      {"for another one", "INV-R5", {votes(1, 5, 2), votes(1, 5, 3)}},
      {"for another one after a restart", "INV-R5", {votes(1, 5, 2), begins(1), votes(1, 5, 3)}},
      {"for another one than itself", "INV-R5", {stands(1, 5), votes(1, 5, 3)}},
      {"for itself after another one", "INV-R5", {votes(1, 5, 3), stands(1, 5)}},
      {"for another one once it had to forget", "", {votes(1, 5, 2), forgets(1), votes(1, 5, 3)}},
      {"for another one when someone else had to forget", "INV-R5", {votes(1, 5, 2), forgets(2), votes(1, 5, 3)}},
  });
}

TEST_CASE("it is known how far a member has applied since it began") {
  cluster_test::Violations violations;
  Invariants invariants(violations);
  CHECK(invariants.applied_by(MemberId(1)) == Index());
  applies(1, 7, 5, 70)(invariants);
  applies(2, 7, 5, 70)(invariants);
  applies(2, 8, 5, 80)(invariants);
  CHECK(invariants.applied_by(MemberId(1)) == Index(7));
  CHECK(invariants.applied_by(MemberId(2)) == Index(8));
  begins(2)(invariants);
  CHECK(invariants.applied_by(MemberId(2)) == Index());
  CHECK(invariants.states_compared() == 1);
  leads(1, 5)(invariants);
  leads(1, 5)(invariants);
  leads(2, 6)(invariants);
  CHECK(invariants.leaders_seen() == 2);
}

}  // namespace viaduct::sim
