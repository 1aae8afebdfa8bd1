// The receiving end of snapshots: gives each request to the sink, on a thread of its own, since the sink blocks; the
// answer goes back by the request's loop. One request at a time; the few that may wait are of senders whose connection
// broke, and beyond them the answer is 503.
// Ownership: owns its thread; borrows the sink. Destroying it waits for the call under way, a finish() perhaps.
// Threads:   any loop's.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "net/handler.h"
#include "peer/snapshot_wire.h"

namespace viaduct::peer {

class SnapshotReceiver {
 public:
  explicit SnapshotReceiver(SnapshotSink& sink);
  ~SnapshotReceiver();

  // Answers in time. The request is one of a member.
  void handle(net::Request&& request, const Greeting& greeting, net::ReplyHandle handle);

 private:
  struct Job {
    SnapshotRequest request;
    std::string bytes;
    net::ReplyHandle handle;
  };
  struct Answer {
    int status;
    std::string text;
  };

  void run();
  Answer perform(const Job& job);
  static void answer(net::ReplyHandle handle, Answer answer);

  SnapshotSink& sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace viaduct::peer
