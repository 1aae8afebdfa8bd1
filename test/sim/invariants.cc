#include "test/sim/invariants.h"

#include "base/bytes.h"
#include "viaduct/command.pb.h"

namespace viaduct::sim {
namespace {

std::string name_of(MemberId id) { return "member " + std::to_string(id.value); }

}  // namespace

void Invariants::said(MemberId from, const peer::Frame& frame) {
  if (const auto* const forwarded = std::get_if<peer::ForwardedCommand>(&frame)) {
    Command command;
    if (command.ParseFromString(forwarded->data) && command.has_lease_expire())
      violations_.add("INV-E6", name_of(from) + " leaves it to another to end leases");
  }
  const auto* const raft = std::get_if<peer::RaftFrame>(&frame);
  if (!raft) return;
  const raft::Message& message = raft->message;
  if (std::holds_alternative<raft::Heartbeat>(message.body)) leads(message.term, from);
  if (std::holds_alternative<raft::VoteRequest>(message.body)) votes(from, message.term, from);
  if (const auto* const vote = std::get_if<raft::VoteReply>(&message.body); vote && vote->granted)
    votes(from, message.term, message.to);
  if (const auto* const append = std::get_if<raft::AppendRequest>(&message.body)) {
    leads(message.term, from);
    check_entries(message.term, *append, name_of(from));
  }
}

Index Invariants::applied_by(MemberId member) const {
  const auto found = applied_.find(member);
  return found == applied_.end() ? Index() : found->second;
}

void Invariants::forget_votes(MemberId member) {
  std::erase_if(votes_, [&](const auto& vote) { return vote.first.first == member; });
}

void Invariants::leads(Term term, MemberId member) {
  const auto [known, is_new] = leaders_.emplace(term, member);
  if (is_new || known->second == member) return;
  violations_.add("INV-R1",
                  name_of(known->second) + " and " + name_of(member) + " both lead in term " + to_string(term));
}

void Invariants::votes(MemberId member, Term term, MemberId candidate) {
  const auto [known, is_new] = votes_.emplace(std::pair(member, term), candidate);
  if (!is_new && known->second != candidate)
    violations_.add("INV-R5", name_of(member) + " votes twice in term " + to_string(term));
}

void Invariants::check_entries(Term leads_in, const raft::AppendRequest& append, const std::string& who) {
  Term previous = append.previous.term;
  for (const EntryPtr& entry : append.entries) {
    const std::string where = who + " sends entry " + to_string(entry->index) + " of term " + to_string(entry->term);
    const Seen seen{previous, crc32c(0, entry->data)};
    const auto [known, is_new] = entries_.emplace(std::pair(entry->index, entry->term), seen);
    if (!is_new && (known->second.previous != seen.previous || known->second.checksum != seen.checksum))
      violations_.add("INV-R2", where + ", which was another one before");
    const auto state = states_.find(entry->index);
    // An entry may be committed long after its term, and a leader of between have another one (raft paper, figure 8).
    const bool must_have = state != states_.end() && state->second.newest_leader <= leads_in;
    if (must_have && state->second.term != entry->term)
      violations_.add("INV-R3", where + ", where one of term " + to_string(state->second.term) + " was committed");
    previous = entry->term;
  }
}

void Invariants::applied(MemberId member, const store::AppliedState& state) {
  Index& last = applied_[member];
  if (state.index < last)
    violations_.add("INV-A5", name_of(member) + " has applied " + to_string(state.index) + " after " + to_string(last));
  last = state.index;
  const Term newest_leader = leaders_.empty() ? state.term : leaders_.rbegin()->first;
  const auto [known, is_new] = states_.emplace(state.index, Applied{state.term, state.chain, newest_leader});
  if (is_new) return;
  ++states_compared_;
  if (known->second.term != state.term)
    violations_.add("INV-R4", name_of(member) + " applies an entry of term " + to_string(state.term) + " at " +
                                  to_string(state.index) + ", others one of term " + to_string(known->second.term));
  else if (known->second.chain != state.chain)
    violations_.add("INV-A2", name_of(member) + " has another state at " + to_string(state.index) + " than others");
}

void Invariants::hashed(MemberId member, Index applied, uint64_t hash) {
  const auto [known, is_new] = hashes_.emplace(applied, hash);
  if (is_new) return;
  ++hashes_compared_;
  if (known->second != hash)
    violations_.add("INV-A2", name_of(member) + " has other data at " + to_string(applied) + " than others");
}

}  // namespace viaduct::sim
