// From the raft thread to the apply thread: committed entries in order, and reads that wait for an index.
// Threads: push() on one, take() on the other. Bounded by raft's caps on what is committed and not applied (RF-7).
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "server/applier.h"

namespace viaduct::server {

class ApplyQueue {
 public:
  struct Batch {
    std::vector<Committed> entries;
    std::vector<WaitingRead> reads;
    std::optional<Installation> installation;

    bool empty() const { return entries.empty() && reads.empty() && !installation; }
  };

  void push(Batch& batch);  // leaves it empty
  void close();

  void wake();  // lets wait() return although there is nothing

  // Waits, unless `wait` is false, until there is something, or wake(). False when the queue is closed and empty.
  bool wait(bool wait);
  void take(Batch& batch);  // all there is, into `batch`, which is empty on entry
  bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Batch waiting_;
  bool sleeping_ = false;
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace viaduct::server
