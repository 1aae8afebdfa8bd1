// The watches of one loop on one range. The live ones are registered with the hub together, by their group: an event is
// handed to the loop once for each of its groups, whatever the number of watches.
//
// Promise: the group is told of each event in its range behind handled(), in order. So a watch that needs nothing from
//          before may go live, with neither gap nor repetition.
// Threads: the loop's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "store/hub.h"
#include "store/key_range.h"
#include "v3/watch.h"

namespace viaduct::v3 {

class WatchGroup {
 public:
  // Borrows hub and sink; `token` is what the hub's deliveries for this group will carry.
  WatchGroup(store::Hub& hub, store::WatchSink& sink, uint64_t token, store::KeyRange range)
      : hub_(hub), sink_(sink), token_(token), range_(std::move(range)) {}
  ~WatchGroup() { unregister(); }
  WatchGroup(const WatchGroup&) = delete;
  WatchGroup& operator=(const WatchGroup&) = delete;

  uint64_t token() const { return token_; }
  const store::KeyRange& range() const { return range_; }

  // Watches that name this group, live or not.
  void join() { ++members_; }
  bool leave() { return --members_ == 0; }  // true: nobody does any more

  // False if some event that the watch needs was handled already: then it has to read the log first.
  bool add_live(Watch& watch);
  void remove_live(Watch& watch);
  const std::vector<Watch*>& live() const { return live_; }

  void handled(Seq seq) { handled_ = std::max(handled_, seq); }  // older: from before the registration

 private:
  void register_from_now();
  void unregister();

  store::Hub& hub_;
  store::WatchSink& sink_;
  const uint64_t token_;
  const store::KeyRange range_;
  std::vector<Watch*> live_;
  store::Hub::WatchId registration_ = 0;
  Seq handled_;  // newest seq in the range that came, or that came before the registration
  uint32_t members_ = 0;
};

}  // namespace viaduct::v3
