#include "server/restore_foreign.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "leasepb/lease.pb.h"
#include "server/snapshot_file.h"
#include "store/transaction.h"
#include "v3bridge/replay.h"

namespace viaduct::server {
namespace {

namespace snapshot = v3::snapshot;

constexpr size_t kGroupRows = 1000;
constexpr size_t kGroupBytes = 4 << 20;
constexpr size_t kCompactRecords = 10'000;

template <typename Visit>
Result<void> each_row(const bolt::Reader& reader, Bytes bucket, Visit visit) {
  VIADUCT_TRY_ASSIGN(cursor, reader.bucket(bucket));
  while (cursor) {
    VIADUCT_TRY_ASSIGN(more, cursor->next());
    if (!more) break;
    const Result<void> visited = visit(cursor->key(), cursor->value());
    if (!visited) return visited;
  }
  return {};
}

// etcd renews every lease when it changes leaders, unless it has written down what was left.
Result<void> seed_lease(Bytes value, store::Seed& seed) {
  leasepb::Lease row;
  if (!row.ParseFromArray(value.data(), static_cast<int>(value.size())) || row.id() == 0) {
    return Error{Code::kCorrupt, "bucket lease: a row cannot be read"};
  }
  const auto seconds = [](int64_t ttl) {
    return std::min(static_cast<uint64_t>(std::max(ttl, int64_t{0})), store::kMaxTtlSeconds);
  };
  const uint64_t remaining = seconds(row.remainingttl() > 0 ? row.remainingttl() : row.ttl());
  seed.put_lease({.id = LeaseId(static_cast<uint64_t>(row.id())),
                  .ttl_seconds = seconds(row.ttl()),
                  .deadline_ms = remaining * 1000,
                  .expiration_ns = static_cast<int64_t>(remaining) * 1'000'000'000,
                  .made_by_v2 = false,
                  .has_row = true});
  return {};
}

Result<void> seed_auth(const bolt::Reader& reader, store::Seed& seed) {
  const auto below = [&seed](const char* prefix) {
    return [&seed, prefix](Bytes key, Bytes value) -> Result<void> {
      seed.put_named(std::string(prefix).append(key), value);
      return {};
    };
  };
  VIADUCT_TRY(each_row(reader, snapshot::kUsersBucket, below("user/")));
  VIADUCT_TRY(each_row(reader, snapshot::kRolesBucket, below("role/")));
  return each_row(reader, snapshot::kAuthBucket, [&seed](Bytes key, Bytes value) -> Result<void> {
    if (key == snapshot::kAuthEnabled && value == "\x01") {
      return Error{
          Code::kInvalidArgument,
          "the snapshot has authentication enabled, which is not supported yet: disable it before the snapshot "
          "is taken"};
    }
    ByteReader in(value);
    if (key == snapshot::kAuthRevision) seed.put_named("auth_revision", std::to_string(in.take_be64()));
    return {};
  });
}

// Up to where etcd had compacted, or meant to: what remained of the work is done here.
Result<Revision> compacted_revision(const bolt::Reader& reader) {
  Revision compacted;
  VIADUCT_TRY(each_row(reader, snapshot::kMetaBucket, [&](Bytes key, Bytes value) -> Result<void> {
    if (key != snapshot::kScheduledCompaction && key != snapshot::kFinishedCompaction) return {};
    const std::optional<snapshot::RowId> id = snapshot::decode_row_id(value);
    if (!id || id->main > kMaxRevision)
      return Error{Code::kCorrupt, "bucket meta: the compacted revision cannot be read"};
    compacted = std::max(compacted, id->main);
    return {};
  }));
  return compacted;
}

// Puts and deletes, a transaction for each revision.
class Replay {
 public:
  explicit Replay(store::Store& store) : store_(store), head_(numbers().revision) { store_.begin_group(); }

  Result<void> add(SnapshotRows& rows);
  Result<void> finish(Revision compacted);

 private:
  store::Numbers numbers() const {
    const store::Store::ReadLock lock(store_);
    return store_.numbers();
  }
  Result<bool> add_revision(SnapshotRows& rows, Revision revision);
  void add_row(store::Transaction& txn, v3bridge::Directories& directories, const SnapshotRow& row);
  void skip_to(Revision revision);
  void next_group();
  void settle_unknown_leases();

  store::Store& store_;
  std::set<LeaseId> unknown_;  // named by rows, but not among the leases
  Revision skipped_to_;        // the newest revision that no transaction could be made for, or one before it
  Revision head_;
  size_t group_rows_ = 0;
  size_t group_bytes_ = 0;
};

Result<void> Replay::add(SnapshotRows& rows) {
  VIADUCT_TRY_ASSIGN(first, rows.next());
  for (bool more = first; more;) {
    const Revision revision = rows.row().id.main;
    if (revision != head_.next()) skip_to(revision.previous());
    VIADUCT_TRY_ASSIGN(another, add_revision(rows, revision));
    more = another;
    if (head_ != revision) skip_to(revision);
    if (group_rows_ >= kGroupRows || group_bytes_ >= kGroupBytes) next_group();
  }
  return {};
}

// All rows of `revision`; the walk is at the first of them, and afterwards at the next revision's, if there is one.
Result<bool> Replay::add_revision(SnapshotRows& rows, Revision revision) {
  store::Transaction txn = store_.begin(Stamp(), "");
  v3bridge::Directories directories(txn, store_.v2_root());
  for (;;) {
    add_row(txn, directories, rows.row());
    if (txn.has_changes()) head_ = revision;
    VIADUCT_TRY_ASSIGN(more, rows.next());
    if (!more || rows.row().id.main != revision) return more;
  }
}

void Replay::add_row(store::Transaction& txn, v3bridge::Directories& directories, const SnapshotRow& row) {
  const uint32_t sub = static_cast<uint32_t>(row.id.sub);
  const mvccpb::KeyValue& kv = row.kv;
  ++group_rows_;
  group_bytes_ += kv.key().size() + kv.value().size();
  if (row.id.tombstone) return v3bridge::replay_delete(txn, directories, kv.key(), sub);
  const LeaseId lease(static_cast<uint64_t>(kv.lease()));
  if (lease && !txn.lease(lease)) {
    txn.grant(lease, store::kMaxTtlSeconds);
    unknown_.insert(lease);
  }
  v3bridge::replay_put(txn, directories,
                       {.key = kv.key(),
                        .create_revision = Revision(static_cast<uint64_t>(kv.create_revision())),
                        .mod_revision = row.id.main,
                        .version = static_cast<uint64_t>(kv.version()),
                        .lease = lease,
                        .value = kv.value()},
                       sub);
}

// Neither number may fall behind: a seq is never below its revision.
void Replay::skip_to(Revision revision) {
  const store::Numbers now = numbers();
  const uint64_t distance = now.seq.value - now.revision.value;
  store_.advance_to(revision, Seq(revision.value + distance));
  head_ = skipped_to_ = revision;
}

void Replay::next_group() {
  store_.commit_group({});
  store_.begin_group();
  group_rows_ = group_bytes_ = 0;
}

// History names leases that are gone, and so may a key that etcd kept when it lost the lease: such a key stays for
// good.
void Replay::settle_unknown_leases() {
  store::Transaction txn = store_.begin(Stamp(), "");
  for (const LeaseId id : unknown_) {
    if (txn.attached(id).empty()) {
      txn.drop_lease(id);
    } else {
      log::warn("a key's lease is not in the snapshot; it is made anew and will not run out",
                {{"lease", to_hex(id.value)}});
    }
  }
}

Result<void> Replay::finish(Revision compacted) {
  settle_unknown_leases();
  if (compacted > head_) skip_to(compacted);
  compacted = std::max(compacted, skipped_to_);
  if (compacted) VIADUCT_TRY(store_.compact(compacted));
  store_.commit_group({});
  while (store_.compact_some(kCompactRecords)) {
  }
  return {};
}

}  // namespace

Result<void> seed_foreign(const bolt::Reader& reader, store::Seed& seed) {
  seed.put_empty();
  VIADUCT_TRY(seed_auth(reader, seed));
  return each_row(reader, snapshot::kLeaseBucket, [&](Bytes, Bytes value) { return seed_lease(value, seed); });
}

Result<void> replay_foreign(const bolt::Reader& reader, store::Store& store) {
  VIADUCT_TRY_ASSIGN(compacted, compacted_revision(reader));
  VIADUCT_TRY_ASSIGN(rows, SnapshotRows::open(reader));
  Replay replay(store);
  VIADUCT_TRY(replay.add(rows));
  return replay.finish(compacted);
}

}  // namespace viaduct::server
