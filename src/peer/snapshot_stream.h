// The two ends of a snapshot on its way to a lagging member: where its bytes come from, and where they go. What the
// bytes mean is the store's and the node's business; here they are chunks at offsets (RF-9).
// Threads: one at a time, of any; both may block on the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace viaduct::peer {

inline constexpr size_t kSnapshotChunkBytes = 1 << 20;

// A snapshot being sent. The pair names it: resuming goes on only with the very same one.
struct SnapshotName {
  MemberId sender;
  uint64_t incarnation = 0;  // of the sender's process
  uint64_t number = 0;       // rises within that
  Index index;               // what the state inside has applied
  Term term;                 // of the entry at `index`
  Term leader_term;          // in which it is sent

  bool operator==(const SnapshotName&) const = default;
};

class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  virtual const SnapshotName& name() const = 0;
  // The next bytes, at most kSnapshotChunkBytes; empty at the end. Not asked again after an error.
  virtual Result<std::string> next() = 0;
};

// Where a member takes snapshots; one transfer at a time. What an interrupted transfer left is resumed or cleared away.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  // The offset from which this snapshot's bytes are wanted; 0 for one that is new here, which ends a transfer of
  // another with a lower leader term or index. kAlreadyExists: this member has all that, no snapshot is wanted;
  // kUnavailable: another transfer or an install is under way; kInvalidArgument: not from a member, or of an older
  // term.
  virtual Result<uint64_t> begin(const SnapshotName& name) = 0;
  // kInvalidArgument if `offset` is not where the bytes so far end; the answer is the new end.
  virtual Result<uint64_t> write(const SnapshotName& name, uint64_t offset, Bytes bytes) = 0;
  // Checks the whole and installs it; returns when this member goes on from there. kCorrupt: damaged, begin anew.
  virtual Result<void> finish(const SnapshotName& name) = 0;
};

}  // namespace viaduct::peer
