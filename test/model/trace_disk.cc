// What reaches a disk, and what a member starts from.
#include <algorithm>

#include "trace_checker.h"
#include "trace_words.h"

namespace viaduct::model {

void TraceChecker::started(const raft::Raft& raft, uint64_t incarnation) {
  const bool is_known = shadows_.contains(number_of(raft.id()));
  Shadow& shadow = shadow_of(raft);
  is_known ? begin_again(shadow, raft) : begin(shadow, raft);
  shadow.model.incarnation = incarnation;
  follow(shadow, raft, {"started"});
}

void TraceChecker::took(const raft::Raft& raft, const raft::Ready& ready) {
  Shadow& shadow = shadow_of(raft);
  const Model& m = shadow.model;
  follow(shadow, raft, {"took a Ready"});
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
  follow(shadow, raft, {"persisted"});
}

void TraceChecker::installed(const raft::Raft& raft, raft::EntryId snapshot) {
  Shadow& shadow = shadow_of(raft);
  Model& m = shadow.model;
  require(is_committed(snapshot), shadow, "a snapshot is of what is committed");
  if (!illegal_.empty()) return;
  enter_term(shadow, snapshot.term.value);
  fill(m.log, snapshot);
  install(m.disk, snapshot);
  m.commit = std::max(m.commit, snapshot.index.value);
  m.applied = std::max(m.applied, snapshot.index.value);
  m.configuration = configuration_of(raft.configuration());
  shadow.agreed = std::max(shadow.agreed, snapshot.index.value);
  follow(shadow, raft, {"installed a snapshot"});
  compare_configuration(shadow);
}

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
  const bool is_nobody = m.configuration == Configuration<uint32_t>();
  require(log.last_index() || is_nobody || m.configuration == configuration_of(founders_), shadow,
          "an empty log is the founders', or of one that joins");
}

void TraceChecker::install(Model::Disk& disk, raft::EntryId snapshot) const {
  fill(disk.log, snapshot);
  if (snapshot.term.value > disk.term) {
    disk.term = snapshot.term.value;
    disk.vote = 0;
  }
  disk.commit = std::max(disk.commit, snapshot.index.value);
}

// Of the writes under way any number may have come through, the last one in part.
void TraceChecker::begin_again(Shadow& shadow, const raft::Raft& raft) {
  Model& m = shadow.model;
  const raft::EntryId last = raft.log().last(), base = raft.log().base();
  // A snapshot may have come just before, which nobody was told (CC-9).
  if (is_committed(base) &&
      (base.index.value > m.disk.log.last() || m.disk.log.term(base.index.value) != base.term.value))
    install(m.disk, base);
  // Damage has taken what said how far commit was: the log, or the state and with it what was applied.
  const bool has_lost =
      (raft.quarantined() && m.disk.log.last() > last.index.value) || raft.log().applied().value < m.applied;
  const auto is_it = [&] {
    const bool is_end = m.disk.log.last() == last.index.value || raft.quarantined();
    const bool has_last = last.index.value <= m.disk.log.last() && m.disk.log.term(last.index.value) == last.term.value;
    const uint64_t commit = std::max(raft.log().applied().value, std::min(m.disk.commit, last.index.value));
    return m.disk.term == raft.term().value && m.disk.vote == number_of(raft.hard_state().vote) && is_end && has_last &&
           (commit == raft.log().commit().value || (has_lost && commit > raft.log().commit().value));
  };
  const Model::Disk before = m.disk;
  const auto write_until_it_is = [&](bool commit_may_lag) {
    m.disk = before;
    for (const Write& under_way : shadow.writes) {
      if (is_it()) return;
      if (!under_way.hard_state) continue;
      const HardState& hard = *under_way.hard_state;
      write(m.disk, commit_may_lag ? HardState{hard.term, hard.vote, Index(m.disk.commit)} : hard);
      for (const EntryPtr& entry : under_way.entries) {
        if (is_it()) return;
        write(m.disk, entry);
      }
      if (is_it()) return;
      write(m.disk, hard);
    }
  };
  write_until_it_is(false);
  if (!is_it()) write_until_it_is(true);  // term and vote have a file of their own, and entries may fill several
  require(is_it(), shadow, "INV-R5, R7: a start from what was written");
  if (!illegal_.empty()) return;
  m.disk.log.cut(last.index.value);
  if (has_lost) m.disk.commit = raft.log().commit().value;
  m.quarantined = raft.quarantined();
  restart(rules_, m, raft.log().applied().value, configuration_of(raft.configuration()));
  compare_configuration(shadow);
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

}  // namespace viaduct::model
