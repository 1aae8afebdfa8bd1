// The in-memory head of one key or directory: its newest live version.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/blob.h"
#include "base/ids.h"
#include "store/record.h"

namespace viaduct::store {

// Small on purpose: there is one per key. Variable parts (the name, older versions) are the index's business.
struct Entry {
  RecordId id;               // its newest record
  Revision mod_revision, create_revision;
  uint64_t version = 0;
  Seq created_seq;
  LeaseId lease;
  Blob value;                // null for directories, and when the value is on disk only
  bool is_explicit = false;  // directories
  uint32_t children = 0;     // directories: live children of any kind
  Seq newest_below;          // directories
  std::string_view key;      // points into the index

  Seq modified_seq(Family family) const { return family == Family::kDirectory ? created_seq : id.seq; }
};

}  // namespace viaduct::store
