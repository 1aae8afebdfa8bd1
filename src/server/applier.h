// The apply thread's work: committed entries become transactions, events and answers, in the order of DESIGN 2: write
// the store, offer the events to the hub, then send the results, with one wake-up per executor and group.
// Threads: apply() and the rest on the apply thread; applied() from any.
// Ownership: borrows store, hub and counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/entry.h"
#include "base/executor.h"
#include "server/applied_configurations.h"
#include "server/checkpoints.h"
#include "store/hub.h"
#include "store/store.h"
#include "v3bridge/bridge.h"
#include "v3bridge/counts.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

// An entry to apply, and who waits for it here, if anyone.
struct Committed {
  EntryPtr entry;
  std::unique_ptr<v3bridge::Completion> completion;
};

// A linearizable read, good once `index` is applied.
struct WaitingRead {
  Index index;
  std::unique_ptr<v3bridge::Completion> completion;
};

// A state from another member that takes the place of this one's: of all entries up to the one it has applied.
struct Installation {
  std::unique_ptr<store::Store> store;
  store::Store::Retire retire;
  std::function<void()> done;
};

class Applier {
 public:
  Applier(store::Store& store, store::Hub& hub, v3bridge::ApplyCounts& counts, AppliedConfigurations& configurations,
          Checkpoints& checkpoints);

  // One group: everything in `entries` in one LevelDB batch. Leaves the vector empty.
  void apply(std::vector<Committed>& entries);
  void add_read(WaitingRead read);
  // Goes on from that state: watchers are sent to its log for what they missed.
  void install(Installation installation);
  // Deletes a slice of what compaction left behind; false when nothing is left.
  bool compact_some();
  bool wants_compaction() const { return wants_compaction_; }

  Index applied() const { return Index(applied_.load(std::memory_order_acquire)); }

 private:
  class Answers;

  v3bridge::Outcome apply_one(const Entry& entry);
  v3bridge::Outcome apply_command(const Command& command, const Stamp& stamp);
  void answer_reads(Answers& answers);

  store::Store& store_;
  store::Hub& hub_;
  v3bridge::ApplyCounts& counts_;
  AppliedConfigurations& configurations_;
  Checkpoints& checkpoints_;
  v3bridge::Bridge bridge_;
  store::AppliedState state_;
  std::atomic<uint64_t> applied_;
  bool is_founded_;                // what makes the cluster is applied, and with it v2's root is known
  bool wants_compaction_ = true;   // a restart may have interrupted one
  std::deque<WaitingRead> reads_;  // ascending in index
};

}  // namespace viaduct::server
