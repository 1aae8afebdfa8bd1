// Proves, before LevelDB opens a directory, that its logs hold an unbroken sequence of batches, and cuts them where
// they do not (CC-10). LevelDB recovers around damage and keeps what lies behind; the state would then lack batches in
// the middle. After a cut it is a prefix of what was written, and the WAL has the rest.
//
//   CURRENT  := name of the manifest in use, "MANIFEST-" digits, "\n"
//   manifest := payload*                     in the log format (store/leveldb_log_reader.h); each payload an edit
//   edit     := (tag:varint value)*          later values replace earlier ones
//   value    := 1 comparator: bytes | 2 first live log: varint | 3 next file: varint | 4 last sequence: varint
//             | 5 compaction pointer: level:varint key:bytes | 6 file gone: level:varint number:varint
//             | 7 file: level:varint number:varint size:varint smallest:bytes largest:bytes | 9 previous log: varint
//   bytes    := length:varint byte[length]
//   log      := payload*                     files NNNNNN.log numbered from the first live one up; each payload a batch
//   batch    := sequence:u64 count:u32 change[count]        little-endian; the next batch has sequence + count
//
// Rules: within a log the first damage ends the state. A log follows on the one before: where its first sequence is not
// the next one, or the log before has no batch at all, the state ends with the log before. (Hence nobody forces LevelDB
// to rotate a log that is still empty, unless by way of an empty batch.) Logs below the first live one are LevelDB's
// rubbish. The manifest is synced with each edit, so only its last edit may be damaged, and is cut off then.
//
// Errors: kCorrupt when the damage cannot come from a power cut: the manifest is broken before its last edit, or it or
//         the first live log is missing. Such a directory is to be set aside. Else what the disk gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"

namespace viaduct::store {

struct LeveldbCut {
  std::string path;    // of the file that was cut
  uint64_t bytes;      // that are left of it
  uint64_t cut_bytes;  // that it lost
  std::string reason;
  std::vector<std::string> dropped_paths;  // of later logs, removed
};

// What was found. A cut is the trace of unsynced writes lost to a power cut as long as the state, once opened, still
// reaches the newest barrier that the WAL proves; below that, data that had been synced is gone.
struct LeveldbLogCheck {
  bool has_database = false;   // false: nothing there yet, LevelDB will make it
  uint64_t batches = 0;        // kept in live logs
  uint64_t last_sequence = 0;  // of the newest change in live logs, 0 when they hold none
  std::optional<LeveldbCut> log_cut;
  std::optional<LeveldbCut> manifest_cut;
};

// The caller has locked the directory, and opens LevelDB next. What was cut is durably cut on return.
Result<LeveldbLogCheck> check_leveldb_logs(Disk& disk, const std::string& directory);

}  // namespace viaduct::store
