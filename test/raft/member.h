// One member as its server would drive it, on a disk and a state machine made of vectors. Writes stay pending until
// sync(), applying until apply(), so that tests decide what overtakes what; a crash keeps any prefix of the writes.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "raft/raft.h"
#include "test/model/trace_checker.h"

namespace viaduct::raft::test {

// The state at an index, as a member behind the log gets it.
struct Snapshot {
  MemberId from;
  MemberId to;
  EntryId id;
  std::vector<EntryPtr> state;  // every entry up to id.index
};

// What is left of a member without power.
struct Disk {
  HardState hard_state;
  EntryId base;
  std::vector<EntryPtr> entries;  // from base.index + 1 on
  std::vector<EntryPtr> state;    // every entry applied, from index 1 on
  bool quarantined = false;       // part of the log was lost
  std::set<std::pair<Index, Term>> remembered;

  Index last_index() const { return Index(base.index.value + entries.size()); }
  bool has(EntryId id) const;
  void lose_tail(size_t entries);
  void remember();  // that its entries may have been acknowledged
  void write(const Ready& ready);
};

// A membership change is the new configuration in words: "voters 1 2 3 outgoing 1 2 learners 4".
std::string to_text(const Configuration& configuration);
Configuration from_text(const std::string& text);

EntryPtr make_entry(uint64_t index, uint64_t term, std::string data = {});
Options options_of(uint64_t id);
Configuration voters(std::initializer_list<uint64_t> ids);
Configuration with_learner(std::initializer_list<uint64_t> voter_ids, uint64_t learner);

class Member {
 public:
  Member(const Options& options, Configuration initial, uint64_t seed);

  void start();  // from what is on the disk
  void crash(size_t kept_writes, size_t kept_state);
  bool is_up() const { return raft != nullptr; }

  void take_ready();  // one Ready: its messages go to `out`, its writes and entries wait
  bool sync();        // the oldest write ends; false if none is pending
  bool apply();       // the oldest entry; false if none is pending
  void settle();      // all of the above until nothing is left
  void install(const Snapshot& snapshot);
  Snapshot snapshot_for(MemberId to) const;
  bool counts_for(EntryId id) const;  // towards a quorum, now or when it was acknowledged
  Configuration configuration_at(size_t applied) const;

  Options options;
  uint64_t cache_bytes = 1 << 20;
  Disk disk;
  std::unique_ptr<Raft> raft;  // null while down
  std::deque<Ready> writes;
  std::deque<EntryPtr> to_apply;
  std::vector<Message> out;
  std::vector<ReadResult> reads;
  std::vector<MemberId> snapshots_wanted;
  model::TraceChecker* trace = nullptr;  // borrowed; is told of every step
  std::function<void(const Member&, const Message&)> on_send = [](const Member&, const Message&) {};

 private:
  void send(std::vector<Message>& messages);
  void answer(const Fetch& fetch);

  Configuration initial_;
  std::unique_ptr<SeededRandom> random_;  // raft keeps a reference, also when this is moved
};

}  // namespace viaduct::raft::test
