// Runs what is committed through the Applier, on a thread of its own so that the next sync goes on meanwhile; or right
// away on the caller's thread, when nothing else waits: then there is nothing to overlap, and waking another thread would
// cost a lone client more than the work itself.
//
// Threads:   run() on the apply thread, submit() on the raft thread, the rest from any. Whoever applies holds `turn_`, and
//            takes from the queue only while holding it, so that entries are applied in order by one thread at a time.
// Ownership: owns queue and applier; borrows clock and observer, which may be null.
#pragma once

#include <mutex>

#include "base/clock.h"
#include "server/applier.h"
#include "server/apply_queue.h"
#include "server/node_options.h"

namespace viaduct::server {

class ApplyWorker {
 public:
  ApplyWorker(store::Store& store, store::Hub& hub, v3bridge::ApplyCounts& counts, const Clock& clock,
              NodeObserver* observer)
      : applier_(store, hub, counts), clock_(clock), observer_(observer) {}

  void run();  // until close() and all is applied
  void close() { queue_.close(); }

  // Leaves `batch` empty. `alone`: the caller has nothing to do before the next request comes.
  void submit(ApplyQueue::Batch& batch, bool alone);

  Index applied() const { return applier_.applied(); }

 private:
  bool apply_here(ApplyQueue::Batch& batch);
  void apply(ApplyQueue::Batch& batch);
  void apply_group(std::vector<Committed>& group);

  Applier applier_;
  ApplyQueue queue_;
  std::mutex turn_;
  const Clock& clock_;
  NodeObserver* const observer_;
};

}  // namespace viaduct::server
