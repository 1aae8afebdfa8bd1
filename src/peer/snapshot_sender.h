// Sends snapshots, each on a thread of its own: begin, chunks of which each is acknowledged, finish; over broken
// connections, until the peer wants no more of it, or nothing has gone on for a while (RF-9).
// Promise:   every transfer that was taken on ends in Listener::snapshot_sent(), but for those that stop() ends.
// Ownership: owns the sources and its threads; borrows options and listener.
// Threads:   any; stop() from one.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "peer/cancellation.h"
#include "peer/links_options.h"
#include "peer/token_bucket.h"
#include "peer/transport.h"

namespace viaduct::peer {

class SnapshotSender {
 public:
  SnapshotSender(const LinksOptions& options, Listener& listener);
  ~SnapshotSender();  // stops

  // False, and the source is gone: one is on its way there, or two are elsewhere, or we have stopped.
  bool start(Peer to, std::unique_ptr<SnapshotSource> source);
  void keep_only(const std::vector<Peer>& peers);  // what is on its way to others fails
  void stop();                                     // and waits

 private:
  struct Transfer {
    Peer to;
    std::unique_ptr<SnapshotSource> source;
    Cancellation cancellation;
    std::atomic<bool> done{false};
    std::jthread thread;  // joined at the end
  };

  void run(Transfer& transfer);
  std::list<Transfer> take_done();

  const LinksOptions& options_;
  Listener& listener_;
  TokenBucket bucket_;  // of all transfers
  std::mutex mutex_;
  std::list<Transfer> transfers_;  // guarded by mutex_, but for what a transfer's own thread uses
  bool stopped_ = false;           // guarded by mutex_
};

}  // namespace viaduct::peer
