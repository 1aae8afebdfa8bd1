// The state of this member as a stream of bytes for another one, read while writes go on. The format is
// peer_snapshot_format.h.
// Promise:   everything is as of one entry, the one that name() names (RB-25).
// Ownership: borrows the store. Holds disk space until it ends: what the store forgets meanwhile stays.
// Bounds:    keeps a few megabytes, whatever the size of the store.
// Threads:   one at a time, any but the apply thread.
#pragma once

#include <memory>
#include <string>

#include "peer/snapshot_stream.h"
#include "server/peer_snapshot_format.h"
#include "store/copy.h"
#include "store/store.h"

namespace viaduct::server {

class PeerSnapshotSource final : public peer::SnapshotSource {
 public:
  // `name` says who sends it; what is in it is filled in here.
  PeerSnapshotSource(const store::Store& store, ClusterId cluster, peer::SnapshotName name);
  ~PeerSnapshotSource() override;

  const peer::SnapshotName& name() const override { return name_; }
  Result<std::string> next() override;

 private:
  std::string next_frame();

  std::unique_ptr<store::Copy> copy_;  // null once all was read
  peer::SnapshotName name_;
  PeerSnapshotEncoder encoder_;
  std::string frame_;      // being handed out
  size_t handed_out_ = 0;  // of it
};

}  // namespace viaduct::server
