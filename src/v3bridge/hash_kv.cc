#include "v3bridge/hash_kv.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "mvccpb/kv.pb.h"
#include "store/copy.h"
#include "v3bridge/key_row.h"

namespace viaduct::v3bridge {
namespace {

using store::Copy;
using store::Family;
using store::Numbers;
using store::Record;
using store::Store;

constexpr std::chrono::milliseconds kAgain{1};

V3Error check(int64_t revision, bool allow_compacted_revision, const Numbers& now) {
  if (revision <= 0) return V3Error::kNone;
  const int64_t compacted = now.compacted_or_none();
  if (revision < compacted || (revision == compacted && !allow_compacted_revision)) return V3Error::kCompacted;
  return revision > static_cast<int64_t>(now.revision.value) ? V3Error::kFutureRevision : V3Error::kNone;
}

// CRC-32C over the rows that etcd would have in its bucket of keys.
class RowHash {
 public:
  RowHash() : crc_(crc32c(0, "key")) {}

  void add(const Record& record) {
    row_.Clear();
    if (record.tombstone)
      row_.set_key(record.key);
    else
      fill(row_, row_of(record));
    bytes_.clear();
    put_be64(bytes_, record.revision.value);
    bytes_ += '_';
    put_be64(bytes_, record.sub);
    if (record.tombstone) bytes_ += 't';
    row_.AppendToString(&bytes_);
    crc_ = crc32c(crc_, bytes_);
  }
  uint32_t value() const { return crc_; }

 private:
  uint32_t crc_;
  mvccpb::KeyValue row_;
  std::string bytes_;
};

// Up to the compacted revision counts only what a read at the hashed revision finds; if such a read finds no key at
// all, what one at the compacted revision would.
uint32_t hash_of(Copy& copy, Store::Snapshot& at) {
  const bool finds_keys = !at.slice(Family::kKey, "", "", 1, store::Detail::kAllButValues).empty();
  const Revision compacted = copy.numbers().compacted_revision;
  RowHash hash;
  for (std::vector<Copy::Kept> slice = copy.next(); !slice.empty(); slice = copy.next()) {
    for (const Copy::Kept& kept : slice) {
      const Record& record = kept.record;
      if (record.revision > at.revision()) return hash.value();
      if (record.family != Family::kKey) continue;
      if (record.revision > compacted || (finds_keys ? at.shows(record) : kept.is_state)) hash.add(record);
    }
  }
  return hash.value();
}

}  // namespace

KvHash hash_kv(const Store& store, int64_t revision, bool allow_compacted_revision) {
  for (;;) {
    const std::unique_ptr<Copy> copy = store.copy();
    const Numbers& now = copy->numbers();
    KvHash result{.error = check(revision, allow_compacted_revision, now),
                  .hash = RowHash().value(),
                  .head = now.revision,
                  .compact_revision = now.compacted_or_none()};
    if (revision < 0 || result.error != V3Error::kNone) return result;
    const Revision hashed = revision == 0 ? now.revision : Revision(static_cast<uint64_t>(revision));
    Result<std::unique_ptr<Store::Snapshot>> at = store.snapshot(hashed);
    if (at) {
      result.hash = hash_of(*copy, **at);
      return result;
    }
    if (revision > 0) {
      result.error = V3Error::kCompacted;
      return result;
    }
    std::this_thread::sleep_for(kAgain);  // the group that compacts the head of the copy is being written
  }
}

}  // namespace viaduct::v3bridge
