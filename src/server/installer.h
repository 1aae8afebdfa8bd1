// A state that came whole from another member, and who puts it in the place of this member's own.
#pragma once

#include <functional>
#include <memory>

#include "base/ids.h"
#include "base/result.h"
#include "peer/snapshot_stream.h"
#include "server/peer_snapshot_format.h"
#include "store/store.h"

namespace viaduct::server {

class StateDirectory;

// Complete and durable in a directory of its own, opened, and on standby: nobody relies on it yet.
// Ownership: borrows the state directory; what is not put into use is removed by whoever built it.
struct ReceivedState {
  PeerSnapshotHeader header;  // says what the store inside has applied
  std::unique_ptr<store::Store> store;
  store::Store::Retire retire;  // for Store::replace_with(): removes the old state's files in its own time
  StateDirectory* directory = nullptr;
  MemberId from;

  // The next start begins with this state: from here on there is no way back, and a failed write of it is fatal. An
  // error leaves everything as it was.
  Result<void> switch_over();
};

// The node.
class Installer {
 public:
  virtual ~Installer() = default;

  // Whether a snapshot of that name is wanted, judged by membership, term and what is applied. kInvalidArgument: not
  // from a member, or of an older term; kAlreadyExists: this member has all that. Any thread.
  virtual Result<void> admit(const peer::SnapshotName& name) = 0;

  // Puts it in use, unless it is not wanted any more (kAlreadyExists) or the node stops (kUnavailable). On the raft
  // thread, in this order: state.switch_over(); Wal::mark() with the hard state; Raft::installed();
  // ApplyWorker::install(). A crash between the first two is healed by recover(). `done` is called exactly once, from
  // any thread; after success this member goes on from there. Any thread; returns at once.
  using Done = std::function<void(Result<void>)>;
  virtual void install(ReceivedState state, Done done) = 0;
};

}  // namespace viaduct::server
