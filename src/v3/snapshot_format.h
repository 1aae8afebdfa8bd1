// What is in the file of a v3 snapshot: etcd's buckets, and one of ours beside them (docs/formats.md, "Snapshot").
//
//   "key"      main:u64be "_" sub:u64be ["t"]  ->  KeyValue     each kept change of a key; "t": a tombstone
//   "lease"    id:u64be                        ->  leasepb.Lease
//   "meta"     consistent_index, scheduledCompactRev, finishedCompactRev
//   "viaduct"  rows of the store's tables, byte for byte; but a record of a key is without its name and value, which
//              stand in the row of "key" that is next in turn
//              0x05 bucket                     ->  crc:u32le
//
// The crc is CRC-32C over a bucket's keys and values, of "viaduct" without these rows. It says whether "viaduct" still
// belongs to the three others: etcd carries buckets that it does not know along, while it changes its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"

namespace viaduct::v3::snapshot {

inline constexpr std::string_view kKeyBucket = "key";
inline constexpr std::string_view kLeaseBucket = "lease";
inline constexpr std::string_view kMetaBucket = "meta";
inline constexpr std::string_view kOwnBucket = "viaduct";
inline constexpr std::string_view kAuthBucket = "auth";
inline constexpr std::string_view kUsersBucket = "authUsers";
inline constexpr std::string_view kRolesBucket = "authRoles";
// Kept empty: the membership and alarms of the cluster that a snapshot is of mean nothing to the one made from it.
inline constexpr std::string_view kEmptyBuckets[] = {"alarm", "cluster", "members", "members_removed"};

// Rows of "meta" and "auth".
inline constexpr std::string_view kConsistentIndex = "consistent_index";         // u64be
inline constexpr std::string_view kScheduledCompaction = "scheduledCompactRev";  // as a key of "key"
inline constexpr std::string_view kFinishedCompaction = "finishedCompactRev";
inline constexpr std::string_view kAuthRevision = "authRevision";  // u64be
inline constexpr std::string_view kAuthEnabled = "authEnabled";    // u8

// The buckets whose checksums "viaduct" has, in order.
inline constexpr std::string_view kCheckedBuckets[] = {kKeyBucket, kLeaseBucket, kMetaBucket, kOwnBucket};
inline constexpr char kCheckTable = 0x05;

struct RowId {
  Revision main;
  uint64_t sub = 0;
  bool tombstone = false;

  bool operator==(const RowId&) const = default;
};
std::string encode_row_id(const RowId& id);
std::optional<RowId> decode_row_id(Bytes key);

// A file of a multiple of this many bytes has no digest behind it; one with 32 bytes more has.
inline constexpr uint64_t kSectorBytes = 512;
inline constexpr uint64_t kDigestBytes = 32;  // SHA-256 over all before it

}  // namespace viaduct::v3::snapshot
