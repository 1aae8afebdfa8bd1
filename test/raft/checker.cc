#include "checker.h"

#include <doctest/doctest.h>

#include "raft/quorum.h"

namespace viaduct::raft::test {
namespace {

// A passing check must cost nothing, as there are millions.
void must(bool holds, const char* invariant, const Member& member) {
  if (!holds) FAIL(std::string(invariant) << ", at member " << member.options.id.value);
}

}  // namespace

void Checker::started(const Member& member) {
  const Raft& raft = *member.raft;
  Seen& before = seen_[member.options.id];
  for (Index index = raft.log().first_index(); index <= raft.log().commit(); index = index.next()) {
    const auto known = committed_.find(index);
    must(known != committed_.end() && *raft.log().term(index) == known->second.term, "R4: committed entry changed",
         member);
  }
  before = {raft.term(), raft.hard_state().vote, raft.log().commit()};
  std::erase_if(reads_, [&](const auto& read) { return read.first.first == member.options.id; });
}

void Checker::stepped(const Member& member, const Members& all) {
  const Raft& raft = *member.raft;
  const Log& log = raft.log();
  Seen& before = seen_[member.options.id];
  const MemberId vote = raft.hard_state().vote;

  must(raft.term() >= before.term, "R5: term fell", member);
  must(raft.term() > before.term || vote == before.vote || !before.vote, "R5: vote changed within a term", member);
  must(log.commit() >= before.commit, "R5: commit fell", member);
  must(log.base().index <= log.applied() && log.applied() <= log.commit() && log.commit() <= log.last_index(),
       "R6: base <= applied <= commit <= last", member);

  if (raft.role() == Role::kLeader) {
    const auto [leader, is_new] = leaders_.try_emplace(raft.term(), member.options.id);
    must(leader->second == member.options.id, "R1: two leaders in a term", member);
    if (is_new) check_new_leader(member);
    size_t configuration_changes = 0;
    for (Index index = log.applied().next(); index <= log.last_index(); index = index.next())
      configuration_changes +=
          log.entry(index)->type == EntryType::kConfiguration && log.entry(index)->term == raft.term();
    must(configuration_changes <= 1, "R11: two unapplied configuration changes", member);
    for (const auto& [id, other] : all) {
      const Progress* progress = raft.progress(id);
      must(!progress || progress->match() < progress->next(), "R9: match < next", member);
    }
  }
  must(!raft.quarantined() || raft.role() == Role::kFollower, "D4: a member in quarantine stands", member);
  check_log(member);
  if (log.commit() > before.commit) check_commit(member, all, before.commit);
  before = {raft.term(), vote, log.commit()};
}

void Checker::check_new_leader(const Member& member) {
  const Log& log = member.raft->log();
  for (const auto& [index, committed] : committed_) {
    if (committed.under >= member.raft->term() || index < log.base().index) continue;
    must(log.has({index, committed.term}), "R3: a leader lacks a committed entry", member);
  }
}

// Equal index and term means equal data and an equal term before, and so, by induction, equal logs up to there.
void Checker::check_log(const Member& member) {
  const Log& log = member.raft->log();
  for (Index index = log.last_index(); index > log.applied(); index = index.previous()) {
    const EntryPtr& entry = log.entry(index);
    const Term before = *log.term(index.previous());
    const auto [known, is_new] = entries_.try_emplace({index, entry->term}, before, entry->data);
    must(known->second.first == before && known->second.second == entry->data, "R2: logs differ below an equal entry",
         member);
  }
}

void Checker::check_commit(const Member& member, const Members& all, Index before) {
  const Raft& raft = *member.raft;
  const Log& log = raft.log();
  const Index commit = log.commit();
  const bool is_news = !committed_.contains(commit);  // else an answer to a vote may have told
  if (raft.role() == Role::kLeader && is_news) {
    must(*log.term(commit) == raft.term(), "R8: an older term's entry committed by counting", member);
    const EntryId id{commit, raft.term()};
    must(has_quorum(raft.configuration(), [&](MemberId voter) { return all.at(voter).counts_for(id); }),
         "R10: committed without a durable quorum", member);
  }
  for (Index index = std::max(before, log.base().index).next(); index <= commit; index = index.next()) {
    const Term term = *log.term(index);
    const auto [known, is_new] = committed_.try_emplace(index, Committed{term, raft.term()});
    must(known->second.term == term, "R4: committed entry changed", member);
    known->second.under = std::min(known->second.under, raft.term());
  }
}

void Checker::sent(const Member& member, const Message& message) {
  const bool is_pre_vote = std::holds_alternative<PreVoteRequest>(message.body) ||
                           (std::get_if<PreVoteReply>(&message.body) && std::get<PreVoteReply>(message.body).granted);
  const HardState& durable = member.disk.hard_state;
  must(is_pre_vote || message.term <= durable.term, "R5: a message of a term that is not durable", member);
  if (const auto* vote = std::get_if<VoteReply>(&message.body); vote && vote->granted && durable.term == message.term)
    must(durable.vote == message.to, "R5: a vote that is not durable", member);
  const auto* pre_vote = std::get_if<PreVoteReply>(&message.body);
  const auto* vote_given = std::get_if<VoteReply>(&message.body);
  must(!member.raft->quarantined() || !((pre_vote && pre_vote->granted) || (vote_given && vote_given->granted)),
       "D4: a member in quarantine votes", member);
  if (const auto* reply = std::get_if<AppendReply>(&message.body); reply && reply->accepted)
    must(reply->index <= member.disk.last_index() || message.term < durable.term,
         "R7: an acknowledgement outran the disk", member);
}

void Checker::asked(const Member& member, ReadToken token) {
  const Index newest = committed_.empty() ? Index() : committed_.rbegin()->first;
  const bool is_new = reads_.try_emplace({member.options.id, token}, newest).second;
  must(is_new, "R12: a read token came twice", member);
}

void Checker::answered(const Member& member, const ReadResult& read) {
  const auto asked = reads_.extract({member.options.id, read.token});
  must(!asked.empty(), "R12: an answer to no read", member);
  if (!read.index) return;
  must(*read.index >= asked.mapped(), "R12: a read would miss what was committed before it", member);
  ++reads_answered_;
}

}  // namespace viaduct::raft::test
