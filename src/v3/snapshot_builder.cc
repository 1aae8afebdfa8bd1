#include "v3/snapshot_builder.h"

#include <algorithm>
#include <charconv>

#include "leasepb/lease.pb.h"
#include "mvccpb/kv.pb.h"
#include "store/record_codec.h"
#include "v3/snapshot_format.h"
#include "v3bridge/key_row.h"

namespace viaduct::v3::snapshot {
namespace {

using store::Copy;
using store::Family;
using store::Lease;
using store::Record;

std::string be64(uint64_t value) {
  std::string bytes;
  put_be64(bytes, value);
  return bytes;
}

// Of a key that never was, so that nothing is removed by its tombstone.
std::string unused_key(const Copy& copy) {
  std::string name = "viaduct/head";
  while (copy.knows_key(name)) name.push_back('_');
  return name;
}

}  // namespace

Result<void> Builder::Checked::put(Bytes key, Bytes value) {
  crc = crc32c(crc32c(crc, key), value);
  return tree.put(key, value);
}

Builder::Builder(std::unique_ptr<Copy> copy, File& file)
    : copy_(std::move(copy)),
      writer_(file),
      keys_{writer_.bucket(kKeyBucket)},
      leases_{writer_.bucket(kLeaseBucket)},
      meta_{writer_.bucket(kMetaBucket)},
      own_{writer_.bucket(kOwnBucket)} {
  for (const std::string_view name : kEmptyBuckets) writer_.bucket(name);
}

Result<bool> Builder::step() {
  const std::vector<Copy::Kept> slice = copy_->next();
  for (const Copy::Kept& kept : slice) VIADUCT_TRY(add(kept));
  if (slice.empty()) VIADUCT_TRY(finish());
  return !slice.empty();
}

Result<void> Builder::add(const Copy::Kept& kept) {
  const Record& record = kept.record;
  if (kept.is_newest && !record.tombstone && record.own_lease) {
    own_leases_.emplace_back(record.lease.value, record.own_lease->ttl_seconds);
  }
  if (record.family == Family::kDirectory) return own_.put(log_key(record.id), encode_record(record));
  VIADUCT_TRY(add_key(record));
  Record nameless = record;
  nameless.key.clear();
  nameless.value = Blob();
  return own_.put(log_key(record.id), encode_record(nameless));
}

Result<void> Builder::add_key(const Record& record) {
  mvccpb::KeyValue row;
  if (record.tombstone)
    row.set_key(record.key);
  else
    v3bridge::fill(row, v3bridge::row_of(record));
  last_main_ = record.revision;
  return keys_.put(encode_row_id({record.revision, record.sub, record.tombstone}), row.SerializeAsString());
}

// F1: a head without a row, because only directories changed, gets one; etcd would begin below it.
Result<void> Builder::add_head() {
  const Revision head = copy_->numbers().revision;
  if (last_main_ == head) return {};
  mvccpb::KeyValue row;
  row.set_key(unused_key(*copy_));
  return keys_.put(encode_row_id({head, 0, true}), row.SerializeAsString());
}

// Those with rows and those without in one order. Of a lease in both the row counts.
Result<void> Builder::add_leases() {
  std::sort(own_leases_.begin(), own_leases_.end());
  auto own = own_leases_.begin();
  uint64_t last = 0;
  const auto add_own_below = [&](uint64_t end) -> Result<void> {
    for (; own != own_leases_.end() && own->first < end; ++own) {
      if (own->first == last) continue;
      last = own->first;
      VIADUCT_TRY(add_lease(own->first, own->second));
    }
    return {};
  };
  const Result<void> added = copy_->each_lease([&](const Lease& lease) -> Result<void> {
    VIADUCT_TRY(add_own_below(lease.id.value));
    last = lease.id.value;
    return add_lease(lease.id.value, lease.ttl_seconds);
  });
  return added ? add_own_below(UINT64_MAX) : added;
}

// etcd starts every lease anew with all of its TTL, as after a change of leader.
Result<void> Builder::add_lease(uint64_t id, uint64_t ttl_seconds) {
  leasepb::Lease row;
  row.set_id(static_cast<int64_t>(id));
  row.set_ttl(static_cast<int64_t>(ttl_seconds));
  return leases_.put(be64(id), row.SerializeAsString());
}

Result<void> Builder::add_meta() {
  VIADUCT_TRY(meta_.put(kConsistentIndex, be64(copy_->applied().index.value)));
  const store::Numbers& numbers = copy_->numbers();
  if (!numbers.compacted_revision) return {};
  const std::string compacted = encode_row_id({numbers.compacted_revision, 0, false});
  VIADUCT_TRY(meta_.put(kFinishedCompaction, compacted));
  return meta_.put(kScheduledCompaction, compacted);
}

// The rows of users and roles are etcd's own messages.
Result<void> Builder::add_auth() {
  const auto copy_to = [](bolt::Tree& tree) {
    return [&tree](Bytes key, Bytes value) { return tree.put(key, value); };
  };
  VIADUCT_TRY(copy_->each_named("user/", copy_to(writer_.bucket(kUsersBucket))));
  VIADUCT_TRY(copy_->each_named("role/", copy_to(writer_.bucket(kRolesBucket))));
  bolt::Tree& auth = writer_.bucket(kAuthBucket);
  return copy_->each_named("auth_revision", [&](Bytes key, Bytes value) -> Result<void> {
    uint64_t revision = 0;
    std::from_chars(value.begin(), value.end(), revision);
    return key.empty() ? auth.put(kAuthRevision, be64(revision)) : Result<void>();
  });
}

Result<void> Builder::add_tables() {
  VIADUCT_TRY(copy_->each_row([&](Bytes key, Bytes value) { return own_.put(key, value); }));
  const uint32_t crcs[] = {keys_.crc, leases_.crc, meta_.crc, own_.crc};
  for (size_t i = 0; i < std::size(crcs); ++i) {
    std::string crc;
    put_le32(crc, crcs[i]);
    VIADUCT_TRY(own_.tree.put(kCheckTable + std::string(kCheckedBuckets[i]), crc));
  }
  return {};
}

Result<void> Builder::finish() {
  VIADUCT_TRY(add_head());
  VIADUCT_TRY(add_leases());
  VIADUCT_TRY(add_meta());
  VIADUCT_TRY(add_auth());
  VIADUCT_TRY(add_tables());
  VIADUCT_TRY_ASSIGN(bytes, writer_.finish());
  bytes_ = bytes;
  copy_.reset();  // lets compaction go on
  return {};
}

}  // namespace viaduct::v3::snapshot
