// From what the disk holds to a state and a log that fit each other (CC-11, after lock and identity): the store first,
// then the log, then the comparison of the two.
#pragma once

#include <memory>

#include "base/disk.h"
#include "base/random.h"
#include "base/result.h"
#include "raft/raft.h"
#include "server/node_options.h"
#include "server/state_directory.h"
#include "store/store.h"
#include "wal/wal.h"

namespace viaduct::server {

struct Recovered {
  std::unique_ptr<StateDirectory> state_directory;  // the store's
  std::unique_ptr<store::Store> store;
  std::unique_ptr<wal::Wal> wal;
  raft::Restart restart;
};

// A loss that peers can make good ends in a quarantine (quarantine.h). Else it is kCorrupt, with a message that names
// the way out (D9): to restore a backup in a cluster of one, to be replaced in others. kInvalidArgument when the state
// was made with another v2 root.
Result<Recovered> recover(Disk& disk, Random& random, const NodeOptions& options);

}  // namespace viaduct::server
