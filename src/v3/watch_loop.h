// The watches of one loop: their groups by range, what the hub delivers for them, and what its streams share.
// Threads:   deliver(), missed() and delivered() on the apply thread; all else on the loop.
// Ownership: borrows all but the options; outlives its streams, the hub's last publish(), and what is posted.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/loop.h"
#include "store/hub.h"
#include "v3/watch_encoding.h"
#include "v3/watch_group.h"
#include "v3/watch_positions.h"
#include "v3/watch_readings.h"
#include "v3/watch_revision.h"
#include "v3/watch_service.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

class WatchLoop final : public store::WatchSink {
 public:
  WatchLoop(v3bridge::Engine& engine, net::Loop& loop, const WatchOptions& options, WatchCounters& counters);
  ~WatchLoop() override;

  net::Loop& net_loop() { return loop_; }
  const WatchOptions& options() const { return options_; }
  WatchCounters& counters() { return counters_; }
  const store::Store& store() const { return engine_.store(); }
  WatchReadings& readings() { return readings_; }
  WatchPositions& positions() { return positions_; }
  std::string& scratch() { return scratch_; }
  uint64_t next_token() { return next_token_++; }

  store::Numbers numbers() const;
  Revision handled() const { return handled_; }  // newest that the hub delivered for this loop and all were told of
  HeaderNumbers header(Revision revision) const;

  // Makes the watch a member of the group of its range, which lives as long as it has members.
  void join(Watch& watch, store::KeyRange range);
  void leave(Watch& watch);

  void deliver(std::vector<store::Delivery> deliveries) override;
  void missed(Seq from) override;
  void delivered(Seq up_to) override { positions_.reached(up_to); }

 private:
  struct HashRange {
    using is_transparent = void;
    size_t operator()(const store::KeyRange& range) const;
    size_t operator()(const std::unique_ptr<WatchGroup>& group) const { return (*this)(group->range()); }
  };
  struct SameRange {
    using is_transparent = void;
    static const store::KeyRange& of(const store::KeyRange& range) { return range; }
    static const store::KeyRange& of(const std::unique_ptr<WatchGroup>& group) { return group->range(); }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return of(a) == of(b);
    }
  };

  void overrun(Seq from);
  void read_from(Seq from);
  void take(std::span<const store::Delivery> batch);
  void take_revision(std::span<const store::Delivery> deliveries);
  void tell(WatchGroup& group, WatchRevision::Events events, WatchRevision& revision);

  v3bridge::Engine& engine_;
  net::Loop& loop_;
  const WatchOptions options_;
  WatchCounters& counters_;
  WatchReadings readings_;
  WatchPositions positions_;
  absl::flat_hash_set<std::unique_ptr<WatchGroup>, HashRange, SameRange> groups_;
  absl::flat_hash_map<uint64_t, WatchGroup*> groups_by_token_;
  uint64_t next_token_ = 1;
  Revision handled_;

  std::atomic<size_t> waiting_bytes_{0};  // of deliveries that are posted and not taken
  std::atomic<bool> is_overrun_ = false;  // what is delivered is dropped; set by deliver(), cleared by overrun()
  std::string scratch_;
};

}  // namespace viaduct::v3
