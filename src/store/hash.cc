// One number for everything replicated, so that members, and a store before and after a restart, can be compared.
#include "store/store_impl.h"

namespace viaduct::store {
namespace {

// FNV-1a over length-prefixed pieces: the same on every machine, and no two lists of pieces run together.
class Hasher {
 public:
  void add(Bytes piece) {
    std::string length;
    put_le64(length, piece.size());
    mix(length);
    mix(piece);
  }
  uint64_t value() const { return value_; }

 private:
  void mix(Bytes bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }

  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

// False for what a compaction that has got no further yet will take away.
bool Store::Impl::is_kept(const Record& record) const {
  if (record.id.seq > numbers.state_seq) return true;
  const Entry* const entry = tree.of(record.family).find(record.key);
  const std::optional<Entry::At> at = entry ? entry->at(numbers.compacted_seq) : std::nullopt;
  return at && !at->tombstone && at->id == record.id;
}

uint64_t Store::Impl::hash() const {
  Hasher hasher;
  hasher.add(encode_numbers(numbers));
  hasher.add(tree.root());
  for (const auto& [name, value] : rows) {
    hasher.add(name);
    hasher.add(value);
  }
  leases.each([&](const Lease& lease) {
    hasher.add(lease_key(lease.id));
    hasher.add(encode_lease(lease));
    hasher.add(lease.has_row ? "row" : "");
    return true;
  });
  Record record;
  Database::Cursor cursor(*database, nullptr, Database::Reading::kAll);
  for (cursor.seek(Bytes(&kLogTable, 1)); cursor.valid(); cursor.next()) {
    const std::optional<RecordId> id = parse_log_key(cursor.key());
    if (!id) break;
    if (!decode_record(*id, cursor.value(), record)) fatal("store: a record of the log cannot be read");
    if (!is_kept(record)) continue;
    hasher.add(cursor.key());
    hasher.add(cursor.value());
  }
  return hasher.value();
}

}  // namespace viaduct::store
