// Functions to be called at their time.
// Pure: time is an argument.
// Errors: none; a timer left over is destroyed unrun.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "net/time_point.h"

namespace viaduct::net {

class Timers {
 public:
  using Id = uint64_t;

  Id start(TimePoint at, std::function<void()> function);
  void cancel(Id id);
  // Calls those whose time has come, the earliest first. They may start and cancel timers; one started now waits for
  // the next call.
  void run_due(TimePoint now);

  TimePoint next() const { return by_time_.empty() ? kNever : by_time_.begin()->first.first; }
  size_t size() const { return times_.size(); }

 private:
  absl::btree_map<std::pair<TimePoint, Id>, std::function<void()>> by_time_;
  absl::flat_hash_map<Id, TimePoint> times_;  // of each in by_time_
  Id last_id_ = 0;
};

}  // namespace viaduct::net
