// Runs what is committed through the Applier, on a thread of its own so that the next sync goes on meanwhile; or right
// away on the caller's thread, when nothing else waits: then there is nothing to overlap, and waking another thread
// would cost a lone client more than the work itself.
//
// What compaction left behind goes in slices in between; whoever awaits that is answered when nothing is left of it.
//
// Threads:   run() on the apply thread, submit() and install() on the raft thread, the rest from any. Whoever applies
//            holds `turn_`, and takes from the queue only while holding it, so that entries are applied in order by
//            one thread at a time.
// Ownership: owns queue and applier; borrows clock and observer, which may be null.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "server/applier.h"
#include "server/apply_queue.h"
#include "server/node_options.h"

namespace viaduct::server {

class ApplyWorker {
 public:
  ApplyWorker(store::Store& store, store::Hub& hub, v3bridge::ApplyCounts& counts,
              AppliedConfigurations& configurations, Checkpoints& checkpoints, const Clock& clock,
              NodeObserver* observer)
      : applier_(store, hub, counts, configurations, checkpoints), clock_(clock), observer_(observer) {}

  void run();  // until close() and all is applied
  void close() { queue_.close(); }

  // Leaves `batch` empty. `alone`: the caller has nothing to do before the next request comes.
  void submit(ApplyQueue::Batch& batch, bool alone);

  // After all that was submitted before, and before all that comes after: what is submitted later begins behind the
  // entry that the state inside has applied, nothing from before reaches it. `done` is called on the apply thread.
  void install(Installation installation);

  // Answered once all is gone that compaction has left behind until now.
  void await_compaction(std::unique_ptr<v3bridge::Completion> completion);

  Index applied() const { return applier_.applied(); }

 private:
  bool apply_here(ApplyQueue::Batch& batch);
  using Entries = std::vector<Committed>;

  void apply(ApplyQueue::Batch& batch);
  Entries::iterator apply_installation(ApplyQueue::Batch& batch);
  void apply_entries(Entries::iterator next, Entries::iterator end);
  void apply_group(std::vector<Committed>& group);
  bool compact_some();

  Applier applier_;
  ApplyQueue queue_;
  std::mutex turn_;
  const Clock& clock_;
  NodeObserver* const observer_;

  using Completions = std::vector<std::unique_ptr<v3bridge::Completion>>;
  std::mutex awaiting_mutex_;
  Completions awaiting_compaction_;  // since the last slice
  Completions compacting_for_;       // of the apply thread: longer than that
};

}  // namespace viaduct::server
