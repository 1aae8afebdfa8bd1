#include "server/restore_exact.h"

#include <map>

#include "server/snapshot_file.h"
#include "store/record_codec.h"

namespace viaduct::server {
namespace {

using v3::snapshot::kCheckTable;
using v3::snapshot::kOwnBucket;

// Of its rows but the checks; 0, as of nothing, if there is no such bucket.
Result<uint32_t> crc_of(const bolt::Reader& reader, Bytes bucket) {
  const bool has_checks = bucket == kOwnBucket;
  uint32_t crc = 0;
  VIADUCT_TRY_ASSIGN(cursor, reader.bucket(bucket));
  while (cursor) {
    VIADUCT_TRY_ASSIGN(more, cursor->next());
    if (!more || (has_checks && cursor->key().front() == kCheckTable)) break;
    crc = crc32c(crc32c(crc, cursor->key()), cursor->value());
  }
  return crc;
}

// What "viaduct" says of the buckets: by name.
Result<std::map<std::string, std::string>> checks_in(const bolt::Reader& reader) {
  std::map<std::string, std::string> checks;
  VIADUCT_TRY_ASSIGN(cursor, reader.bucket(kOwnBucket));
  while (cursor) {
    VIADUCT_TRY_ASSIGN(more, cursor->next());
    if (!more) break;
    if (cursor->key().front() == kCheckTable) checks.emplace(cursor->key().substr(1), cursor->value());
  }
  return checks;
}

Error does_not_fit(store::RecordId id) {
  return {Code::kCorrupt, "bucket viaduct: record " + to_string(id.seq) + "/" + std::to_string(id.part) +
                              " does not fit the row of bucket key that is next"};
}

// A key's name and value stand in the row.
Result<void> complete(store::Record& record, SnapshotRows& rows) {
  VIADUCT_TRY_ASSIGN(more, rows.next());
  if (!more) return does_not_fit(record.id);
  const auto& [id, kv] = rows.row();
  if (id != v3::snapshot::RowId{record.revision, record.sub, record.tombstone}) return does_not_fit(record.id);
  record.key = kv.key();
  if (!record.tombstone) record.value = Blob(kv.value());
  return {};
}

}  // namespace

Result<bool> is_exact(const bolt::Reader& reader) {
  VIADUCT_TRY_ASSIGN(own, reader.bucket(kOwnBucket));
  if (!own) return false;
  VIADUCT_TRY_ASSIGN(checks, checks_in(reader));
  bool exact = true;
  for (const std::string_view bucket : v3::snapshot::kCheckedBuckets) {
    VIADUCT_TRY_ASSIGN(crc, crc_of(reader, bucket));
    std::string wanted;
    put_le32(wanted, crc);
    if (checks[std::string(bucket)] == wanted) continue;
    if (bucket == kOwnBucket) return Error{Code::kCorrupt, "bucket viaduct: its checksum does not match"};
    exact = false;
  }
  return exact;
}

Result<void> seed_exact(const bolt::Reader& reader, store::Seed& seed) {
  VIADUCT_TRY_ASSIGN(cursor, reader.bucket(kOwnBucket));
  VIADUCT_TRY_ASSIGN(rows, SnapshotRows::open(reader));
  store::Record record;
  for (;;) {
    VIADUCT_TRY_ASSIGN(more, cursor->next());
    if (!more) return {};
    const Bytes key = cursor->key();
    if (key.front() == kCheckTable) continue;
    if (key.front() != store::kLogTable) {
      seed.put_row(key, cursor->value());
      continue;
    }
    const std::optional<store::RecordId> id = store::parse_log_key(key);
    if (!id || !store::decode_record(*id, cursor->value(), record)) {
      return Error{Code::kCorrupt, "bucket viaduct: a record cannot be read"};
    }
    if (record.family == store::Family::kKey) VIADUCT_TRY(complete(record, rows));
    seed.put(record);
  }
}

}  // namespace viaduct::server
