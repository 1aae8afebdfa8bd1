#include "v3/watch_revision.h"

#include "v3bridge/key_change.h"

namespace viaduct::v3 {

using store::Event;
using store::Record;

void WatchRevision::begin(const store::KeyRange& range, Events events) {
  range_ = &range;
  events_ = events;
  for (Told& told : told_) told.is_made = false;
}

std::optional<WatchRevision::Encoded> WatchRevision::events_for(const WatchView& view) {
  Told& told = told_[view.kind()];
  if (!told.is_made) make(told, view);
  return told.is_known ? std::optional(told.encoded) : std::nullopt;
}

void WatchRevision::make(Told& told, const WatchView& view) {
  told.is_made = told.is_known = true;
  told.encoded = {};
  told.joined.clear();
  const auto add = [&](const Event& event, const Record& record) {
    if (!range_->contains(record.key) || !view.wants(record.tombstone)) return;
    const std::string* const piece = encoded(event, record, view.prev_kv);
    if (!piece) {
      told.is_known = false;
      return;
    }
    if (++told.encoded.events == 1) {
      told.encoded.bytes = *piece;
      return;
    }
    if (told.joined.empty()) told.joined = told.encoded.bytes;
    told.encoded.bytes = told.joined += *piece;
  };
  for (const Event* event : events_) {
    v3bridge::each_key_record(*event, [&](const Record& record) { add(*event, record); });
  }
}

const std::string* WatchRevision::encoded(const Event& event, const Record& record, bool with_prev) {
  const v3bridge::Previous before = with_prev ? v3bridge::previous(event, record) : v3bridge::Previous();
  if (before.in_log) return nullptr;
  Pieces& pieces = pieces_[&record];
  std::string& piece = before.record ? pieces.with_prev : pieces.plain;
  if (piece.empty()) {
    v3bridge::KeyChange change = v3bridge::change_of(record);
    if (before.record) change.prev = v3bridge::row_of(*before.record);
    append_event(piece, change);
  }
  return &piece;
}

}  // namespace viaduct::v3
