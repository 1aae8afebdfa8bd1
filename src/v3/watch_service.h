// etcdserverpb.Watch (v3-api.md 2.6): any number of watches on each of any number of streams.
//
// A watch is live or behind. Live, it belongs to the group of its loop that watches the same range, and the hub tells
// that group each event once. Behind, its events are read from the log on a reader thread, a bounded slice at a time,
// until it can go live without a gap; a watch that begins in the past starts behind, one whose client does not keep up
// falls behind. So nothing is lost, doubled, or buffered without bound.
//
// Threads:   open() on the loop of the call; each loop keeps the watches of its own streams and touches no other's.
// Ownership: borrows all but the options; outlives every stream, and whatever loops and readers still run for them.
// Bounds:    a watch costs about 120 bytes, and a range watched on a loop about 400 more; no thread, no timer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "v3/call.h"
#include "v3/method.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

struct WatchOptions {
  std::chrono::nanoseconds progress_interval = std::chrono::minutes(10);  // and up to a tenth more
  size_t fragment_bytes = (1536 + 512) << 10;  // of a response; --max-request-bytes and 512 KiB more
  size_t watches_per_stream = 100'000;
  size_t watches = 1'000'000;  // of this member
  // Unsent on a stream before all of its watches wait; together with one response well below what the wire lets a
  // client leave unread before it cuts the stream off (net::Limits::output_limit_bytes).
  size_t stream_bytes = 4 << 20;
  size_t loop_bytes = 64 << 20;  // of events that a loop has not got to, before all of its watches read the log instead
  size_t watch_bytes = 1 << 20;  // said by one watch on a stream that does not drain, before that watch waits
};

// Threads: any; relaxed.
struct WatchCounters {
  using Number = std::atomic<uint64_t>;
  Number streams{0};       // open
  Number watches{0};       // all, those of which compaction took the ground and that were not cancelled yet too
  Number behind{0};        // of these: not live
  Number events{0};        // sent
  Number stream_limit{0};  // creates refused, by limit
  Number member_limit{0};
  Number overruns{0};  // times that a loop had too many events before it
};

class WatchLoop;

class WatchService {
 public:
  WatchService(v3bridge::Engine& engine, const WatchOptions& options, WatchCounters& counters);
  ~WatchService();

  std::unique_ptr<Inbound> open(Call& call);

 private:
  WatchLoop& of(net::Loop& loop);

  v3bridge::Engine& engine_;
  const WatchOptions options_;
  WatchCounters& counters_;
  std::mutex mutex_;
  std::vector<std::pair<net::Loop*, std::unique_ptr<WatchLoop>>> loops_;  // guarded by mutex_; a loop's stays put
};

void add_watch_methods(Methods& methods, WatchService& service);

}  // namespace viaduct::v3
