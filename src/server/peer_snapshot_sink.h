// Takes the snapshots that another member sends (PeerSnapshotSource) and builds the state in them beside the own one,
// as the bytes come: LevelDB in a directory of its own. When all has come and fits, it is made durable, opened like any
// state at a start, with all its indexes in memory, and handed to the Installer. So the raft and apply threads do
// nothing but the exchange itself.
//
// Promise:   until ReceivedState::switch_over() this member's state is untouched, whatever fails; what was built is
//            removed then, or at the next start.
// Ownership: borrows all it is made with.
// Threads:   any. begin() and write() wait for one another; finish() keeps them waiting only until it installs, then
//            they are refused with kUnavailable.
// Bounds:    one transfer; a few megabytes of memory until it is opened.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "peer/snapshot_stream.h"
#include "server/installer.h"
#include "server/state_directory.h"

namespace viaduct::server {

class PeerSnapshotSink final : public peer::SnapshotSink {
 public:
  // `slow` is a thread for the end of old states and of what came of broken transfers. `state` is opened with
  // `options`, its directory aside.
  PeerSnapshotSink(Disk& disk, StateDirectory& directory, ClusterId cluster, Installer& installer, Executor& slow,
                   store::Options options);
  ~PeerSnapshotSink() override;

  Result<uint64_t> begin(const peer::SnapshotName& name) override;
  Result<uint64_t> write(const peer::SnapshotName& name, uint64_t offset, Bytes bytes) override;
  Result<void> finish(const peer::SnapshotName& name) override;

  // To be called now and then: gives up, on `slow`, a transfer that stopped half way and that nobody can go on with any
  // more, since what it brings has come by the log or its sender does not lead now.
  void tidy();

 private:
  class Transfer;

  Result<void> start(const peer::SnapshotName& name);
  void drop();
  void drop_unwanted();
  Result<ReceivedState> open(const Transfer& transfer) const;
  store::Store::Retire retire() const;
  Result<void> install(ReceivedState state);

  Disk& disk_;
  StateDirectory& directory_;
  const ClusterId cluster_;
  Installer& installer_;
  Executor& slow_;
  const store::Options options_;

  std::mutex mutex_;
  std::unique_ptr<Transfer> transfer_;
  bool installing_ = false;
};

}  // namespace viaduct::server
