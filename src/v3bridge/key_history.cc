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
  return start_.puts_at ? step_state(visitor) : step_log(visitor);
}

KeyHistory::Reached KeyHistory::step_state(Visitor& visitor) {
  if (!snapshot_) {
    auto made = store_.snapshot(start_.puts_at);
    if (!made) return Reached::kCompacted;
    snapshot_ = std::move(made).value();
    from_ = range_.key;
  }
  const std::string end = range_.scan_end();
  std::vector<NodeView> slice = snapshot_->slice(Family::kKey, from_, end, Store::kSliceNodes, Detail::kAllButValues);
  const bool is_last = slice.size() < Store::kSliceNodes;
  if (!is_last) from_ = slice.back().key + '\0';
  for (NodeView& node : slice) {
    if (node.mod_revision == start_.puts_at) puts_.push_back(std::move(node));
  }
  if (!is_last) return Reached::kMore;

  std::sort(puts_.begin(), puts_.end(), [](const NodeView& a, const NodeView& b) { return a.id < b.id; });
  for (NodeView& node : puts_) {
    node.value = snapshot_->value(node);
    visitor.take({.deleted = false, .row = row_of(node), .prev = std::nullopt});
  }
  revision_ = start_.puts_at;
  start_.puts_at = {};
  snapshot_.reset();
  puts_.clear();
  return Reached::kMore;
}

KeyHistory::Reached KeyHistory::step_log(Visitor& visitor) {
  const Result<std::vector<EventPtr>> events = store_.events_since(start_.seq, kStepEvents, kStepBytes);
  if (!events) return Reached::kCompacted;
  if (events->empty()) return Reached::kEnd;
  for (const EventPtr& event : *events) {
    if (event->record.revision != revision_ && !visitor.wants_more()) return Reached::kPause;
    revision_ = event->record.revision;
    show(*event, visitor);
    start_.seq = event->seq().next();
  }
  return Reached::kMore;
}

void KeyHistory::show(const Event& event, Visitor& visitor) {
  each_key_record(event, [&](const Record& record) {
    if (!range_.contains(record.key)) return;
    KeyChange change = change_of(record);
    const Previous before = with_previous_ ? previous(event, record) : Previous();
    std::optional<Record> loaded;
    if (before.record) change.prev = row_of(*before.record);
    if (before.in_log) loaded = load_previous(store_, record);
    if (loaded) change.prev = row_of(*loaded);
    visitor.take(change);
  });
}

}  // namespace viaduct::v3bridge
