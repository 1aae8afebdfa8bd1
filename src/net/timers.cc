#include "net/timers.h"

#include <vector>

namespace viaduct::net {

Timers::Id Timers::start(TimePoint at, std::function<void()> function) {
  const Id id = ++last_id_;
  times_.emplace(id, at);
  by_time_.emplace(std::pair(at, id), std::move(function));
  return id;
}

void Timers::cancel(Id id) {
  const auto found = times_.find(id);
  if (found == times_.end()) return;
  by_time_.erase({found->second, id});
  times_.erase(found);
}

void Timers::run_due(TimePoint now) {
  std::vector<std::pair<TimePoint, Id>> due;
  for (const auto& [key, function] : by_time_) {
    if (key.first > now) break;
    due.push_back(key);
  }
  for (const auto& key : due) {
    const auto found = by_time_.find(key);
    if (found == by_time_.end()) continue;  // cancelled by one that ran before it
    const std::function<void()> function = std::move(found->second);
    by_time_.erase(found);
    times_.erase(key.second);
    function();
  }
}

}  // namespace viaduct::net
