#include "member.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

namespace viaduct::raft::test {

bool Disk::has(EntryId id) const {
  if (id.index <= base.index) return true;  // compacted, hence committed
  return id.index <= last_index() && entries[id.index.value - base.index.value - 1]->term == id.term;
}

void Disk::lose_tail(size_t lost) {
  remember();
  entries.resize(entries.size() - lost);
  quarantined = true;
  if (last_index().value < state.size()) {
    base = {state.back()->index, state.back()->term};  // the state stands for all up to there
    entries.clear();
  }
  hard_state.commit = std::min(hard_state.commit, last_index());  // which stood in the log
}

void Disk::remember() {
  for (const EntryPtr& entry : entries) remembered.emplace(entry->index, entry->term);
}

void Disk::write(const Ready& ready) {
  if (ready.hard_state) hard_state = *ready.hard_state;
  for (const EntryPtr& entry : ready.entries) {
    REQUIRE(entry->index > base.index);
    REQUIRE(entry->index <= last_index().next());
    entries.resize(entry->index.value - base.index.value - 1);
    entries.push_back(entry);
  }
}

std::string to_text(const Configuration& configuration) {
  std::ostringstream text;
  const auto list = [&](const char* name, const std::vector<MemberId>& ids) {
    text << name << ' ';
    for (MemberId id : ids) text << id.value << ' ';
  };
  list("voters", configuration.voters);
  list("outgoing", configuration.outgoing);
  list("learners", configuration.learners);
  return text.str();
}

Configuration from_text(const std::string& text) {
  Configuration configuration;
  std::vector<MemberId>* list = nullptr;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "voters")
      list = &configuration.voters;
    else if (word == "outgoing")
      list = &configuration.outgoing;
    else if (word == "learners")
      list = &configuration.learners;
    else
      list->push_back(MemberId(std::stoull(word)));
  }
  return configuration;
}

EntryPtr make_entry(uint64_t index, uint64_t term, std::string data) {
  return std::make_shared<const Entry>(Entry{Term(term), Index(index), EntryType::kCommand, std::move(data)});
}

Options options_of(uint64_t id) {
  Options options;
  options.id = MemberId(id);
  return options;
}

Configuration voters(std::initializer_list<uint64_t> ids) {
  Configuration configuration;
  for (uint64_t id : ids) configuration.voters.push_back(MemberId(id));
  return configuration;
}

Configuration with_learner(std::initializer_list<uint64_t> voter_ids, uint64_t learner) {
  Configuration configuration = voters(voter_ids);
  configuration.learners = {MemberId(learner)};
  return configuration;
}

Member::Member(const Options& opts, Configuration initial, uint64_t seed)
    : options(opts), initial_(std::move(initial)), random_(std::make_unique<SeededRandom>(seed)) {}

void Member::start() {
  REQUIRE(!is_up());
  Log log(disk.base, Index(disk.state.size()), cache_bytes);
  for (const EntryPtr& entry : disk.entries) log.restore(*entry);
  ++options.incarnation;
  Result<Raft> started = Raft::start(
      options, {disk.hard_state, configuration_at(disk.state.size()), std::move(log), disk.quarantined}, *random_);
  REQUIRE(started);
  raft = std::make_unique<Raft>(std::move(started).value());
  if (trace) trace->started(*raft, options.incarnation);
}

void Member::crash(size_t kept_writes, size_t kept_state) {
  for (size_t i = 0; i < std::min(kept_writes, writes.size()); ++i) disk.write(writes[i]);
  disk.state.resize(std::clamp(kept_state, static_cast<size_t>(disk.base.index.value), disk.state.size()));
  if (disk.quarantined && !raft->quarantined()) disk.remember();  // it will start in quarantine again
  raft.reset();
  writes.clear();
  to_apply.clear();
  out.clear();
  reads.clear();
  snapshots_wanted.clear();
}

void Member::take_ready() {
  Ready ready = raft->ready();
  if (trace) trace->took(*raft, ready);
  send(ready.messages_now);
  to_apply.insert(to_apply.end(), ready.committed.begin(), ready.committed.end());
  reads.insert(reads.end(), ready.reads.begin(), ready.reads.end());
  snapshots_wanted.insert(snapshots_wanted.end(), ready.snapshots.begin(), ready.snapshots.end());
  const std::vector<Fetch> fetches = ready.fetches;
  writes.push_back(std::move(ready));
  for (const Fetch& fetch : fetches) answer(fetch);
}

bool Member::sync() {
  if (writes.empty()) return false;
  Ready ready = std::move(writes.front());
  writes.pop_front();
  disk.write(ready);
  const std::vector<Message> synced = trace ? ready.messages_synced : std::vector<Message>();
  send(ready.messages_synced);
  raft->persisted(ready.sequence);
  if (trace) trace->persisted(*raft, ready.sequence);
  for (const Message& message : synced) trace->sent(*raft, message);
  disk.quarantined = raft->quarantined();
  return true;
}

bool Member::apply() {
  if (to_apply.empty()) return false;
  const EntryPtr entry = to_apply.front();
  to_apply.pop_front();
  REQUIRE(entry->index.value == disk.state.size() + 1);  // INV-A5
  REQUIRE(disk.has({entry->index, entry->term}));        // RF-6: durable here before it is applied
  disk.state.push_back(entry);
  if (entry->type == EntryType::kConfiguration) {
    raft->apply_configuration(from_text(entry->data));
    if (trace) trace->configured(*raft, from_text(entry->data));
  }
  raft->applied(entry->index);
  if (trace) trace->acted(*raft);
  return true;
}

void Member::install(const Snapshot& snapshot) {
  while (sync()) continue;
  if (snapshot.id.index.value <= disk.state.size()) return;
  std::erase_if(to_apply, [&](const EntryPtr& entry) { return entry->index <= snapshot.id.index; });
  const bool rest_stays = disk.has(snapshot.id) && snapshot.id.index <= disk.last_index();
  const uint64_t covered = std::min<uint64_t>(snapshot.id.index.value - disk.base.index.value, disk.entries.size());
  disk.entries.erase(disk.entries.begin(),
                     rest_stays ? disk.entries.begin() + static_cast<ptrdiff_t>(covered) : disk.entries.end());
  disk.base = snapshot.id;
  disk.state = snapshot.state;
  disk.hard_state.commit = std::max(disk.hard_state.commit, snapshot.id.index);
  disk.hard_state.term = std::max(disk.hard_state.term, snapshot.id.term);
  raft->installed(snapshot.id, configuration_at(disk.state.size()));
  if (trace) trace->installed(*raft, snapshot.id);
}

Snapshot Member::snapshot_for(MemberId to) const {
  const Index index(disk.state.size());
  return {options.id, to, {index, raft->log().term(index).value()}, disk.state};
}

bool Member::counts_for(EntryId id) const {
  const bool is_quarantined = is_up() ? raft->quarantined() : disk.quarantined;
  return disk.remembered.contains({id.index, id.term}) || (!is_quarantined && disk.has(id));
}

Configuration Member::configuration_at(size_t applied) const {
  for (size_t i = applied; i > 0; --i) {
    if (disk.state[i - 1]->type == EntryType::kConfiguration) return from_text(disk.state[i - 1]->data);
  }
  return initial_;
}

void Member::send(std::vector<Message>& messages) {
  for (Message& message : messages) {
    on_send(*this, message);
    out.push_back(std::move(message));
  }
  messages.clear();
}

void Member::answer(const Fetch& fetch) {
  std::vector<EntryPtr> entries;
  uint64_t bytes = 0;
  for (const EntryPtr& entry : disk.entries) {
    if (entry->index < fetch.first) continue;
    if (bytes > 0 && bytes + size_of(*entry) > fetch.max_bytes) break;
    bytes += size_of(*entry);
    entries.push_back(entry);
  }
  raft->fetched(fetch, std::move(entries));
}

}  // namespace viaduct::raft::test
