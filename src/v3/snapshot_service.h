// Maintenance.Snapshot (v3-api.md 2.9): the state as a file of etcd's, in chunks, and then its SHA-256.
//
// The file is built beside the data while writes go on, without a name, so that nothing is left of it after a crash; it
// is sent as the client takes it, and goes when the client does.
// Bounds:    so many files at once, and only where the disk keeps room for the log; a stream holds one block in memory.
// Threads:   add_snapshot_method() before the loops start. Building and reading run on Engine::readers(), a slice at a
//            time; the rest on the loop of the call.
// Ownership: the method borrows engine and disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/disk.h"
#include "v3/method.h"
#include "v3/release.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

struct SnapshotOptions {
  std::string directory;               // the data's; for a moment there is a snapshot.tmp in it
  uint64_t reserve_bytes = 320 << 20;  // of the disk, that stay free: where the no-space alarm clears
  size_t at_once = 2;                  // files
};

void add_snapshot_method(Methods& methods, v3bridge::Engine& engine, Disk& disk, const Release& release,
                         SnapshotOptions options);

}  // namespace viaduct::v3
