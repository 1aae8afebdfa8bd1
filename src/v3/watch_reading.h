// One response of a watch that is behind, made on reader threads: as much of what it missed as fits, whole revisions.
// Step by step, so that other readers get their turn; then it goes back to its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "v3/watch.h"
#include "v3bridge/key_history.h"

namespace viaduct::v3 {

class WatchReading final : private v3bridge::KeyHistory::Visitor {
 public:
  using Reached = v3bridge::KeyHistory::Reached;
  using Done = std::function<void(std::unique_ptr<WatchReading>)>;

  WatchReading(const store::Store& store, const store::KeyRange& range, const Watch& watch);

  // Calls done() on a thread of `readers`, which must outlive this.
  static void begin(std::unique_ptr<WatchReading> reading, Executor& readers, Done done);

  uint64_t token() const { return token_; }     // the watch's
  Reached reached() const { return reached_; }  // not kMore
  Seq next() const { return history_.next(); }
  const std::string& events() const { return events_; }  // encoded
  size_t event_count() const { return event_count_; }
  Revision newest() const { return newest_; }  // of the events

 private:
  bool wants_more() override;
  void take(const v3bridge::KeyChange& change) override;

  const uint64_t token_;
  const Revision start_;
  const WatchView view_;
  v3bridge::KeyHistory history_;
  Reached reached_ = Reached::kMore;
  std::string events_;
  size_t event_count_ = 0;
  size_t revision_count_ = 0;
  size_t step_count_ = 0;
  Revision newest_;
};

}  // namespace viaduct::v3
