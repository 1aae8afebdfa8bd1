#include "v3bridge/key_change.h"

#include <utility>

namespace viaduct::v3bridge {

using store::Event;
using store::Record;
using store::RecordId;

namespace {

// A key that begins its life at this revision had no value before it, even if another life of it ended there.
bool creates(const Record& record) { return !record.tombstone && record.create_revision == record.revision; }

}  // namespace

KeyChange change_of(const Record& record) {
  KeyChange change;
  change.deleted = record.tombstone;
  if (record.tombstone) {
    change.row.key = record.key;
    change.row.mod_revision = record.revision;
  } else {
    change.row = row_of(record);
  }
  return change;
}

Previous previous(const Event& event, const Record& record) {
  if (!record.prev || creates(record)) return {};
  const bool is_here = event.prev && event.prev->id == record.prev && event.prev->revision < record.revision;
  if (!is_here) return {.record = nullptr, .in_log = true};
  return {.record = &*event.prev, .in_log = false};
}

std::optional<Record> load_previous(const store::Store& store, const Record& record) {
  if (creates(record)) return std::nullopt;
  for (RecordId id = record.prev; id;) {
    std::optional<Record> before = store.load_record(id);
    if (!before || before->revision < record.revision) return before;
    id = creates(*before) ? RecordId() : before->prev;  // changed twice in one transaction
  }
  return std::nullopt;
}

}  // namespace viaduct::v3bridge
