// The file of a v3 snapshot, ours or etcd's, opened for restoring: its digest, and the rows of its keys.
// Errors: etcdctl's texts where it has one; kCorrupt for what cannot be.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/disk.h"
#include "bolt/reader.h"
#include "mvccpb/kv.pb.h"
#include "v3/snapshot_format.h"

namespace viaduct::server {

struct SnapshotFile {
  std::unique_ptr<File> file;
  bolt::Reader reader;
};

// With `skip_hash_check` a file may have no digest, or a wrong one: a copy of etcd's database has none.
Result<SnapshotFile> open_snapshot(Disk& disk, const std::string& path, bool skip_hash_check);

// Beyond it there would be no room left to count in.
inline constexpr Revision kMaxRevision{uint64_t{1} << 62};

// A change of one key: a row of the bucket "key".
struct SnapshotRow {
  v3::snapshot::RowId id;
  mvccpb::KeyValue kv;
};

// Walks those rows upwards, each checked for numbers that fit together.
class SnapshotRows {
 public:
  static Result<SnapshotRows> open(const bolt::Reader& reader);
  Result<bool> next();  // false: no more
  SnapshotRow& row() { return row_; }

 private:
  explicit SnapshotRows(std::optional<bolt::Cursor> cursor) : cursor_(std::move(cursor)) {}

  std::optional<bolt::Cursor> cursor_;  // nothing without such a bucket
  SnapshotRow row_;
};

}  // namespace viaduct::server
