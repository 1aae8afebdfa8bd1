#include "v3/watch_readings.h"

#include <algorithm>
#include <utility>

#include "v3/watch_group.h"
#include "v3/watch_stream.h"

namespace viaduct::v3 {
namespace {

constexpr size_t kAtOnce = 8;

}  // namespace

void WatchReadings::enqueue(WatchStream& stream) {
  queue_.push_back(&stream);
  start_some();
}

void WatchReadings::forget(const WatchStream& stream) { std::erase(queue_, &stream); }

void WatchReadings::forget(const Watch& watch) { reading_.erase(watch.token); }

void WatchReadings::start_some() {
  while (under_way_ < kAtOnce && !queue_.empty()) {
    WatchStream* const stream = queue_.front();
    queue_.pop_front();
    if (Watch* const watch = stream->next_behind()) begin(*watch);
  }
}

void WatchReadings::begin(Watch& watch) {
  ++under_way_;
  reading_.emplace(watch.token, &watch);
  auto reading = std::make_unique<WatchReading>(engine_.store(), watch.group->range(), watch);
  WatchReading::begin(std::move(reading), engine_.readers(), [this](std::unique_ptr<WatchReading> done) {
    loop_.post_function([this, done = std::move(done)] { finish(*done); });
  });
}

void WatchReadings::finish(WatchReading& reading) {
  --under_way_;
  const auto found = reading_.find(reading.token());
  if (found != reading_.end()) {
    Watch& watch = *found->second;
    reading_.erase(found);
    watch.stream->take_history(watch, reading);
  }
  start_some();
}

}  // namespace viaduct::v3
