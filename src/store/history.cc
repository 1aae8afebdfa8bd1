// Records and events read back from the log.
#include <algorithm>
#include <cassert>
#include <shared_mutex>
#include <utility>

#include "store/store_impl.h"

namespace viaduct::store {
namespace {

[[noreturn]] void bad_record(RecordId id) {
  fatal("store: the log's record " + to_string(id.seq) + "/" + std::to_string(id.part) + " cannot be read");
}

// The record that is the event's prev: of the same name, or of the file that v2 set a directory over, which a companion
// removes.
RecordId replaced_by(const Event& event) {
  const Record& record = event.record;
  if (record.prev || record.family == Family::kKey) return record.prev;
  const auto of_file = [&](const Record& r) { return r.family == Family::kKey && r.key == record.key; };
  const auto file = std::find_if(event.companions.begin(), event.companions.end(), of_file);
  return file == event.companions.end() ? RecordId() : file->prev;
}

}  // namespace

std::optional<Record> Store::Impl::pending_record(RecordId id) const {
  const auto found =
      std::partition_point(events.begin(), events.end(), [&](const auto& e) { return e->seq() < id.seq; });
  if (found == events.end() || (*found)->seq() != id.seq) return std::nullopt;
  const Event& event = **found;
  if (id.part == 0) return event.record;
  return id.part <= event.companions.size() ? std::optional(event.companions[id.part - 1]) : std::nullopt;
}

std::optional<Record> Store::Impl::written_record(RecordId id, const Database::View* at) const {
  const std::optional<std::string> data = database->get(log_key(id), at);
  if (!data) return std::nullopt;
  std::optional<Record> record(std::in_place);
  if (!decode_record(id, *data, *record)) bad_record(id);
  return record;
}

// What is not pending any more when we look is in LevelDB: a group leaves the list after it was written.
std::optional<Record> Store::Impl::load_record(RecordId id) const {
  {
    const std::shared_lock shared(*lock);
    if (std::optional<Record> record = pending_record(id)) return record;
  }
  return written_record(id);
}

std::optional<Record> Store::Impl::own_record(RecordId id) const {
  if (std::optional<Record> record = pending_record(id)) return record;
  return written_record(id);
}

Blob Store::load_value(RecordId id) const {
  const std::shared_ptr<Impl> impl = content();
  const std::optional<Record> record = impl->load_record(id);
  if (!record) return Blob();
  impl->values.offer(*record);
  return record->value;
}

std::optional<Record> Store::load_record(RecordId id) const { return content()->load_record(id); }

Result<std::vector<EventPtr>> Store::events_since(Seq from, size_t max_events, size_t max_bytes, Reach reach) const {
  const std::shared_ptr<Impl> impl = content();
  const Seq newest = impl->recent.newest();
  std::optional<std::vector<EventPtr>> events = impl->recent.since(from, max_events, max_bytes);
  // The view comes first: if `from` is still kept after it was made, it shows all that is needed.
  std::optional<Database::View> view;
  if (!events) view.emplace(*impl->database);
  Seq compacted, state;
  {
    const std::shared_lock shared(*impl->lock);
    compacted = impl->numbers.compacted_seq;
    state = impl->numbers.state_seq;
  }
  const Seq gone = reach == Reach::kKept ? compacted : state;
  if (gone && from <= gone) return Error{Code::kCompacted, "compacted at " + to_string(gone)};
  if (events) return *std::move(events);
  return impl->read_events(from, newest, max_events, max_bytes, {*view, compacted});
}

std::vector<EventPtr> Store::Impl::read_events(Seq from, Seq to, size_t max_events, size_t max_bytes,
                                               const LogView& log) const {
  std::vector<EventPtr> found;
  size_t bytes = 0;
  std::shared_ptr<Event> event;
  const auto finish = [&] {
    if (!event) return;
    complete(*event, log);
    bytes += event->footprint_bytes();
    found.push_back(std::move(event));
    event = nullptr;
  };
  Database::Cursor cursor(*database, &log.view, Database::Reading::kFew);
  for (cursor.seek(log_key({from, 0})); cursor.valid(); cursor.next()) {
    const std::optional<RecordId> id = parse_log_key(cursor.key());
    if (!id || id->seq > to) break;
    if (id->part == 0) {
      finish();
      if (found.size() >= max_events || bytes >= max_bytes) break;
      event = std::make_shared<Event>();
    }
    assert(event);
    Record& record = id->part == 0 ? event->record : event->companions.emplace_back();
    if (!decode_record(*id, cursor.value(), record)) bad_record(*id);
  }
  finish();
  return found;
}

void Store::Impl::complete(Event& event, const LogView& log) const {
  const RecordId id = replaced_by(event);
  if (!id) return;
  std::optional<Record> prev = written_record(id, &log.view);
  if (!prev && event.seq() <= log.compacted_seq) return;
  if (!prev) bad_record(id);
  event.prev = store::node_of(*std::move(prev));
}

}  // namespace viaduct::store
