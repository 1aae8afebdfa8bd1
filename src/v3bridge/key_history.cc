#include "v3bridge/key_history.h"

#include <algorithm>
#include <utility>

namespace viaduct::v3bridge {

using store::Detail;
using store::Event;
using store::EventPtr;
using store::Family;
using store::NodeView;
using store::Record;
using store::Store;

namespace {

constexpr size_t kStepEvents = 1000;
constexpr size_t kStepBytes = 1 << 20;

}  // namespace

KeyHistory::Reached KeyHistory::step(Visitor& visitor) {
  const Result<std::vector<EventPtr>> events =
      store_.events_since(next_, kStepEvents, kStepBytes, Store::Reach::kCompactedToo);
  if (!events) return Reached::kCompacted;
  if (events->empty()) return Reached::kEnd;
  {
    const Store::ReadLock lock(store_);
    compacted_ = store_.numbers().compacted_seq;
  }
  for (const EventPtr& event : *events) {
    if (event->record.revision != revision_ && !visitor.wants_more()) return Reached::kPause;
    revision_ = event->record.revision;
    show(*event, visitor);
    next_ = event->seq().next();
  }
  return Reached::kMore;
}

void KeyHistory::show(const Event& event, Visitor& visitor) {
  each_key_record(event, [&](const Record& record) {
    if (!range_.contains(record.key)) return;
    KeyChange change = change_of(record);
    const bool has_previous = with_previous_ && event.seq() > compacted_;
    const Previous before = has_previous ? previous(event, record) : Previous();
    std::optional<Record> loaded;
    if (before.record) change.prev = row_of(*before.record);
    if (before.in_log) loaded = load_previous(store_, record);
    if (loaded) change.prev = row_of(*loaded);
    visitor.take(change);
  });
}

}  // namespace viaduct::v3bridge
