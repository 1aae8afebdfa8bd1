#include "v3/watch_group.h"

#include <cassert>
#include <utility>

namespace viaduct::v3 {

bool WatchGroup::add_live(Watch& watch) {
  if (registration_ == 0) register_from_now();
  if (watch.next <= handled_) {
    if (live_.empty()) unregister();
    return false;
  }
  watch.state = Watch::State::kLive;
  watch.place = static_cast<uint32_t>(live_.size());
  live_.push_back(&watch);
  return true;
}

void WatchGroup::remove_live(Watch& watch) {
  assert(live_[watch.place] == &watch);
  live_[watch.place] = live_.back();
  live_[watch.place]->place = watch.place;
  live_.pop_back();
  watch.state = Watch::State::kBehind;
  if (live_.empty()) unregister();
}

void WatchGroup::register_from_now() {
  do {
    handled_ = hub_.published();
    registration_ = hub_.add({.range = range_, .from = handled_.next(), .token = token_, .sink = &sink_});
  } while (registration_ == 0);  // an event came in between
}

void WatchGroup::unregister() {
  if (registration_ != 0) hub_.remove(std::exchange(registration_, 0));
}

}  // namespace viaduct::v3
