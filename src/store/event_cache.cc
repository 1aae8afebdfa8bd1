#include "store/event_cache.h"

#include <cassert>

namespace viaduct::store {

void EventCache::start_at(Seq newest) {
  const std::lock_guard lock(mutex_);
  assert(slots_.empty());
  newest_ = newest;
}

void EventCache::push(std::span<const EventPtr> events) {
  const std::lock_guard lock(mutex_);
  for (const EventPtr& event : events) {
    assert(event->seq() > newest_);
    if (event->seq() != newest_.next()) {  // restoring left seqs out
      slots_.clear();
      bytes_ = 0;
    }
    newest_ = event->seq();
    slots_.push_back({event, event->footprint_bytes()});
    bytes_ += slots_.back().bytes;
  }
  while (bytes_ > limit_bytes_) {
    bytes_ -= slots_.front().bytes;
    slots_.pop_front();
  }
}

Seq EventCache::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::optional<std::vector<EventPtr>> EventCache::since(Seq from, size_t max_events, size_t max_bytes) const {
  const std::lock_guard lock(mutex_);
  std::vector<EventPtr> events;
  if (from > newest_) return events;
  if (slots_.empty() || from < slots_.front().event->seq()) return std::nullopt;
  size_t bytes = 0;
  for (size_t i = from.value - slots_.front().event->seq().value; i < slots_.size(); ++i) {
    if (events.size() >= max_events || bytes >= max_bytes) break;
    events.push_back(slots_[i].event);
    bytes += slots_[i].bytes;
  }
  return events;
}

}  // namespace viaduct::store
