// Compaction (T7). compact() moves the point, which is state; the records below it that no longer matter go in slices,
// which is local work and may be behind.
//
// What goes is found by reading each newly compacted record once: it names the record that it superseded, which goes;
// and if it is a tombstone, it goes itself. So the cost is that of the events compacted, whatever the size of the
// state. Crash:  a slice's deletions and the row that says how far it got are one batch; a restart continues from
// there. Keeps:  the newest record at or below the point of each name alive then. That is all a kept event can name as
// `prev`: its predecessor is either above the point or the newest at or below it.
// The records of the compacted revision itself stay until the next compaction, tombstones as well: a watch may begin
// with them, and has to hear of what was deleted there (RB-14). They are dealt with once more then.
#include <algorithm>
#include <cassert>

#include "base/mark.h"
#include "store/store_impl.h"

namespace viaduct::store {

// A snapshot needs the newest record at or below its own seq: nothing above the oldest one may be dealt with.
Seq Store::Impl::clean_limit() const {
  const std::lock_guard guard(pins_mutex);
  return pins.empty() ? written_compacted_seq : std::min(written_compacted_seq, *pins.begin());
}

bool Store::Impl::compact_some(size_t max_records) {
  assert(!in_transaction && max_records > 0);
  const Seq limit = clean_limit();
  const RecordId end{limit, UINT32_MAX};
  if (cleaned >= end) return false;
  std::vector<Record> slice;
  Database::Cursor cursor(*database, nullptr, Database::Reading::kAll);
  for (cursor.seek(log_key(cleaned)); cursor.valid() && slice.size() <= max_records; cursor.next()) {
    const std::optional<RecordId> id = parse_log_key(cursor.key());
    if (!id || *id > end) break;
    if (*id <= cleaned) continue;
    if (!decode_record(*id, cursor.value(), slice.emplace_back())) fatal("store: a record of the log cannot be read");
  }
  const bool more = slice.size() > max_records;
  if (more) {
    VIADUCT_MARK("store: a compaction takes several slices");
    slice.pop_back();
  }
  const RecordId reached = more ? slice.back().id : end;

  Database::Batch deletions;
  {
    const WriteScope scope(*this);
    for (const Record& record : slice) forget(record, deletions);
  }
  const RecordId for_good = std::min(reached, RecordId{written_state_seq, UINT32_MAX});
  deletions.put(meta_key(kCleanedRow), encode_record_id(for_good));
  database->write(deletions);
  cleaned = reached;
  return more;
}

void Store::Impl::forget(const Record& record, Database::Batch& deletions) {
  KeyIndex& index = tree.of(record.family);
  Entry* const entry = index.find(record.key);
  assert(entry);
  if (record.prev && record.prev.seq <= written_state_seq) {
    deletions.erase(log_key(record.prev));
    record_bytes -= entry->forget_older(record.prev);
  }
  if (!record.tombstone || record.id.seq > written_state_seq) return;
  deletions.erase(log_key(record.id));
  if (entry->id() == record.id) {
    record_bytes -= entry->record_bytes();
    index.erase(*entry);
  } else {
    record_bytes -= entry->forget_older(record.id);
  }
}

}  // namespace viaduct::store
