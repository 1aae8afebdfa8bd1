// Makes a store from the file of a snapshot. From a file of ours it is the store that the snapshot was of, number for
// number; from etcd's, or one of ours that etcd has changed since, its keys are put and deleted anew (bridge.md F2).
// Either way membership is that of the new cluster, and what depends on this machine or this moment has no part in it:
// members that are restored from one file are equal.
// Promise: durable when it returns. Errors: kCorrupt naming the place, kInvalidArgument, the disk's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "bolt/reader.h"
#include "store/store.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

// The entry that a restored log begins behind, in every member.
inline constexpr Index kRestoredIndex{1};
inline constexpr Term kRestoredTerm{1};

struct RestoreStateOptions {
  std::string directory;                  // of the store; made here
  std::vector<v3bridge::Member> members;  // of the new cluster
  std::optional<std::string> v2_root;     // nothing: that of the file, or none
  uint64_t bump_revision = 0;             // by so many; what was before then counts as compacted (CC-16)
};

struct RestoredState {
  bool exact = false;  // from a file of ours
  store::Numbers numbers;
  uint64_t keys = 0;
};

Result<RestoredState> restore_state(Disk& disk, const bolt::Reader& reader, const RestoreStateOptions& options);

}  // namespace viaduct::server
