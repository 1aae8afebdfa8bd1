// The hash of v3's data at a revision, as etcd computes it (v3-api.md 3.6): equal on stores that went through the same
// revisions and compactions, ours or etcd's.
// Threads: one that may block; the cost is that of reading the whole log.
#pragma once

#include <cstdint>

#include "store/store.h"
#include "v3bridge/outcome.h"

namespace viaduct::v3bridge {

struct KvHash {
  V3Error error = V3Error::kNone;  // kCompacted, kFutureRevision
  uint32_t hash = 0;
  Revision head;                  // of the state that was read
  int64_t compact_revision = -1;  // -1: nothing was compacted
};

// `revision` 0 is the head; below 0 is before everything. Releases before 3.5 refuse the compacted revision itself.
KvHash hash_kv(const store::Store& store, int64_t revision, bool allow_compacted_revision);

}  // namespace viaduct::v3bridge
