// Opening: the small tables, then one sequential scan of the log, from which index, tree and leases are rebuilt.
// Whatever contradicts itself is kCorrupt: LevelDB may lose writes in the middle without a word (CC-10), and the state
// must not go on with a hole in it.
#include <cassert>

#include "store/path.h"
#include "store/store_impl.h"

namespace viaduct::store {
namespace {

Error corrupt(const std::string& what) { return Error{Code::kCorrupt, "store: " + what}; }

Error corrupt(RecordId id, const std::string& what) {
  return corrupt("record " + to_string(id.seq) + "/" + std::to_string(id.part) + " " + what);
}

// Calls `visit` with each row of a table, the table's byte taken off the key.
template <typename Visit>
Result<void> each_row(const Database& database, char table, Visit visit) {
  Database::Cursor cursor(database, nullptr, Database::Reading::kAll);
  for (cursor.seek(Bytes(&table, 1)); cursor.valid() && cursor.key().front() == table; cursor.next()) {
    VIADUCT_TRY(visit(cursor.key().substr(1), cursor.value()));
  }
  return {};
}

}  // namespace

Result<void> Store::Impl::restore() {
  VIADUCT_TRY(restore_meta());
  VIADUCT_TRY(restore_tables());
  VIADUCT_TRY(restore_log());
  VIADUCT_TRY(restore_attachments());
  written_seq = numbers.seq;
  written_compacted_seq = numbers.compacted_seq;
  written_state_seq = numbers.state_seq;
  recent.start_at(numbers.seq);
  return {};
}

Result<void> Store::Impl::restore_meta() {
  const std::optional<std::string> format = database->get(meta_key(kFormatRow));
  if (!format) {  // new: the row goes along with the first group
    Database::Cursor cursor(*database, nullptr, Database::Reading::kFew);
    cursor.seek("");
    if (cursor.valid()) return corrupt("the format row is missing");
    batch.put(meta_key(kFormatRow), format_row());
    return {};
  }
  if (*format != format_row()) return corrupt("written in a format that this version does not know");
  const std::optional<std::string> applied_row = database->get(meta_key(kAppliedRow));
  if (!applied_row || !decode_applied(*applied_row, applied)) return corrupt("the applied state cannot be read");
  const std::optional<std::string> numbers_row = database->get(meta_key(kNumbersRow));
  if (!numbers_row || !decode_numbers(*numbers_row, numbers)) return corrupt("the numbers cannot be read");
  const std::optional<std::string> cleaned_row = database->get(meta_key(kCleanedRow));
  if (cleaned_row && !decode_record_id(*cleaned_row, cleaned)) return corrupt("the cleaned row cannot be read");
  const std::optional<std::string> installed_row = database->get(meta_key(kInstalledRow));
  if (installed_row && !decode_index(*installed_row, installed)) return corrupt("the installed row cannot be read");
  if (cleaned.seq > numbers.state_seq) return corrupt("cleaned beyond the compaction point");
  const std::string root = database->get(meta_key(kV2RootRow)).value_or("");
  if (!root.empty() && !is_canonical_path(root)) return corrupt("the v2 root is no path");
  tree.set_root(root);
  return {};
}

Result<void> Store::Impl::restore_tables() {
  VIADUCT_TRY(each_row(*database, kLeaseTable, [&](Bytes key, Bytes data) -> Result<void> {
    ByteReader in(key);
    const LeaseId id(in.take_be64());
    Lease lease;
    if (!in.done() || !decode_lease(id, data, lease)) return corrupt("a lease cannot be read");
    leases.put(lease);
    return {};
  }));
  return each_row(*database, kRowTable, [&](Bytes key, Bytes data) -> Result<void> {
    rows.emplace(key, data);
    return {};
  });
}

Result<void> Store::Impl::restore_log() {
  if (const std::optional<std::string> names = database->get(meta_key(kNamesRow))) {
    ByteReader in(*names);
    for (const Family family : {Family::kKey, Family::kDirectory}) tree.of(family).begin_loading(in.take_varint());
  }
  RecordId last{std::max(numbers.state_seq, Numbers().seq), UINT32_MAX};
  const bool has_events = numbers.state_seq < numbers.compacted_seq;  // the compacted revision
  const Revision state = has_events ? numbers.compacted_revision.previous() : numbers.compacted_revision;
  const Revision first = std::max(state, Numbers().revision);
  if (last.seq.value < first.value) return corrupt("the numbers contradict each other");
  revisions.start(first, last.seq);
  Record record;
  VIADUCT_TRY(each_row(*database, kLogTable, [&](Bytes key, Bytes data) -> Result<void> {
    const std::optional<RecordId> id = parse_log_key(std::string(1, kLogTable).append(key));
    if (!id) return corrupt("a key of the log cannot be read");
    if (!decode_record(*id, data, record)) return corrupt(*id, "cannot be read");
    if (id->seq > last.seq || (id->seq == last.seq && last.part != UINT32_MAX)) {  // an event
      const RecordId next_part{last.seq, last.part + 1};
      const RecordId next_event{last.seq.next(), 0};
      if (*id != next_part && *id != next_event) return corrupt(*id, "follows a gap");
      if (*id == next_event && !revisions.extend(record.revision, id->seq))
        return corrupt(*id, "has no revision in turn");
      last = *id;
    }
    return restore_record(record, static_cast<uint32_t>(1 + key.size() + data.size()));
  }));
  if (last.seq != numbers.seq)
    return corrupt("the log ends at " + to_string(last.seq) + ", not " + to_string(numbers.seq));
  if (revisions.newest() != numbers.revision)
    return corrupt("the log does not end at revision " + to_string(numbers.revision));
  tree.of(Family::kKey).finish_loading();
  tree.of(Family::kDirectory).finish_loading();
  tree.rebuild(numbers.state_seq);
  return {};
}

Result<void> Store::Impl::restore_record(const Record& record, uint32_t bytes) {
  if (record.revision > numbers.revision) return corrupt(record.id, "has a revision that is not there yet");
  KeyIndex& index = tree.of(record.family);
  Entry* const known = index.find(record.key);
  if (known) values.removed(known->value());
  Entry& entry = index.load(known, record, bytes);
  if (values.is_full()) entry.set_value(Blob());
  values.added(entry.value());
  record_bytes += bytes;

  // Terms of a lease without a row are those of its newest record. A lease that turns out to be gone goes at the end.
  if (!record.own_lease) return {};
  if (const Lease* known_lease = leases.find(record.lease); known_lease && known_lease->has_row) return {};
  const OwnLease& own = *record.own_lease;
  leases.put({.id = record.lease,
              .ttl_seconds = own.ttl_seconds,
              .deadline_ms = own.deadline_ms,
              .expiration_ns = own.expiration_ns,
              .made_by_v2 = true,
              .has_row = false});
  return {};
}

Result<void> Store::Impl::restore_attachments() {
  for (const Family family : {Family::kKey, Family::kDirectory}) {
    RecordId without_lease;
    KeyIndex::walk(tree.of(family).live(), [&](Entry& entry) {
      if (!entry.lease()) return;
      if (leases.find(entry.lease())) {
        leases.attach(entry.lease(), entry);
      } else {
        without_lease = entry.id();
      }
    });
    if (without_lease) return corrupt(without_lease, "belongs to a lease that does not exist");
  }
  std::vector<LeaseId> gone;
  leases.each([&](const Lease& lease) {
    if (!lease.has_row && !leases.has_attachments(lease.id)) gone.push_back(lease.id);
    return true;
  });
  for (const LeaseId id : gone) leases.erase(id);
  return {};
}

}  // namespace viaduct::store
