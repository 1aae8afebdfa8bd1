// What waits for the raft thread: proposals, linearizable reads, what other members say, and functions from other
// threads. Everything that waits when the thread looks becomes one append: while a sync is in flight the next batch
// gathers here (group commit).
// Threads: push_*() from any; take() and wait on the raft thread.
// Bounds:  proposals and frames by number and bytes, reads by number; beyond them push says no and nothing was taken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/entry.h"
#include "peer/frame.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

struct Proposal {
  uint64_t id = 0;  // the command's origin_id
  EntryType type = EntryType::kCommand;
  std::string data;                                  // stamped.h, the stamp still empty
  std::unique_ptr<v3bridge::Completion> completion;  // null: nobody waits for the answer
};

struct ReceivedFrames {
  MemberId from;
  std::vector<peer::Frame> frames;
};

class Inbox {
 public:
  struct Limits {
    size_t proposals = 20'000;
    size_t bytes = 64 << 20;
    size_t reads = 100'000;
    size_t frame_bytes = 256 << 20;
  };
  struct Batch {
    std::vector<Proposal> proposals;
    std::vector<std::unique_ptr<v3bridge::Completion>> reads;
    std::vector<ReceivedFrames> received;
    std::vector<std::function<void()>> functions;

    bool empty() const { return proposals.empty() && reads.empty() && received.empty() && functions.empty(); }
  };

  explicit Inbox(const Limits& limits) : limits_(limits) {}

  // False when full or closed; the argument is then untouched.
  bool push_proposal(Proposal& proposal);
  bool push_read(std::unique_ptr<v3bridge::Completion>& read);
  bool push_frames(ReceivedFrames& frames);
  bool push_function(std::function<void()> function);  // false when closed: it will not run
  void close();                                        // refuses from now on, wakes the raft thread
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
  size_t bytes_ = 0;        // of the proposals
  size_t frame_bytes_ = 0;  // of what was received
  bool sleeping_ = false;
  bool closed_ = false;
};

}  // namespace viaduct::server
