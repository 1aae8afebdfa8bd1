#include "v3/watch_reading.h"

#include <utility>

#include "v3/watch_encoding.h"

namespace viaduct::v3 {
namespace {

constexpr size_t kMaxRevisions = 1000;  // of a response, as in etcd
constexpr size_t kMaxBytes = 4 << 20;   // of a response, and the rest of its last revision
constexpr size_t kMaxSteps = 16;        // then the other watches of the stream get their turn

}  // namespace

WatchReading::WatchReading(const store::Store& store, const store::KeyRange& range, const Watch& watch)
    : token_(watch.token),
      start_(watch.start),
      view_(watch.view),
      history_(store, range, watch.next, watch.view.prev_kv) {}

void WatchReading::begin(std::unique_ptr<WatchReading> reading, Executor& readers, Done done) {
  readers.post_function([reading = std::move(reading), &readers, done = std::move(done)]() mutable {
    ++reading->step_count_;
    reading->reached_ = reading->history_.step(*reading);
    if (reading->reached_ == Reached::kMore) return begin(std::move(reading), readers, std::move(done));
    done(std::move(reading));
  });
}

bool WatchReading::wants_more() {
  return revision_count_ < kMaxRevisions && events_.size() < kMaxBytes && step_count_ <= kMaxSteps;
}

void WatchReading::take(const v3bridge::KeyChange& change) {
  if (change.row.mod_revision < start_ || !view_.wants(change.deleted)) return;
  if (change.row.mod_revision != newest_) ++revision_count_;
  newest_ = change.row.mod_revision;
  append_event(events_, change);
  ++event_count_;
}

}  // namespace viaduct::v3
