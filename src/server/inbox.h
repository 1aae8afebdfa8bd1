// What waits for the raft thread: proposals, linearizable reads, and functions from other threads. Everything that waits
// when the thread looks becomes one append: while a sync is in flight the next batch gathers here (group commit).
// Threads: push_*() from any; take() and wait on the raft thread.
// Bounds:  proposals by number and bytes, reads by number; beyond them push says no and nothing was taken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "v3bridge/engine.h"

namespace viaduct::server {

struct Proposal {
  std::string data;  // stamped.h, the stamp still empty
  std::unique_ptr<v3bridge::Completion> completion;
};

class Inbox {
 public:
  struct Limits {
    size_t proposals = 20'000;
    size_t bytes = 64 << 20;
    size_t reads = 100'000;
  };
  struct Batch {
    std::vector<Proposal> proposals;
    std::vector<std::unique_ptr<v3bridge::Completion>> reads;
    std::vector<std::function<void()>> functions;

    bool empty() const { return proposals.empty() && reads.empty() && functions.empty(); }
  };

  explicit Inbox(const Limits& limits) : limits_(limits) {}

  // False when full or closed; the argument is then untouched.
  bool push_proposal(Proposal& proposal);
  bool push_read(std::unique_ptr<v3bridge::Completion>& read);
  void push_function(std::function<void()> function);  // dropped when closed
  void close();                                // refuses from now on, wakes the raft thread
  bool closed() const;

  // Waits until something is there, the inbox is closed, or `timeout` has passed; then takes all there is. `batch` is
  // empty on entry; its memory is used again.
  void take(Batch& batch, std::chrono::nanoseconds timeout);
  bool empty() const;

 private:
  void wake(std::unique_lock<std::mutex>& lock);  // unlocks

  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Batch waiting_;
  size_t bytes_ = 0;
  bool sleeping_ = false;
  bool closed_ = false;
};

}  // namespace viaduct::server
