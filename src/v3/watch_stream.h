// One stream of the Watch service: its watches by id, and what its client asks.
//
// Promise:   a watch's created response comes before all else of it, and nothing after its cancelled one; each watch is
//            told of each event in its range from its start on, in order, once, a revision's events together.
// Threads:   the loop's.
// Ownership: owns its watches; borrows loop and call.
#pragma once

#include <absl/container/btree_map.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "store/store.h"
#include "v3/call.h"
#include "v3/watch.h"
#include "v3/watch_loop.h"
#include "v3/watch_output.h"
#include "v3/watch_progress.h"
#include "v3/watch_reading.h"
#include "v3/watch_request.h"

namespace etcdserverpb {
class WatchCreateRequest;
class WatchResponse;
}  // namespace etcdserverpb

namespace viaduct::v3 {

class WatchStream final : public Inbound {
 public:
  WatchStream(WatchLoop& loop, Call& call);
  ~WatchStream() override;

  void on_message(Message& request) override;
  void on_half_close() override {}  // it still listens
  void on_gone() override {}        // the destructor follows
  void on_drained() override;
  void on_shutdown() override;

  // --- for the loop: live watches ---
  bool takes(const Watch& watch) { return output_.takes(watch); }
  void tell(Watch& watch, std::string_view header, std::string_view events, Revision newest);
  void fall_behind(Watch& watch);  // was live; is read for from watch.next on

  // --- for the readings ---
  Watch* next_behind();  // the watch whose turn it is, which is being read for now; null if none is
  void take_history(Watch& watch, const WatchReading& reading);

  // --- for the progress ---
  void at_position(Revision head) { progress_.at_position(head); }
  void after_event() { progress_.after_event(); }
  bool is_in_step() const { return behind_count_ == 0 && !output_.is_full(); }
  Revision newest_told() const { return newest_told_; }  // of any watch
  bool starts_after(Revision revision);                  // some watch does
  bool wants_notices() const { return notice_count_ > 0; }
  void say_progress(Revision revision);  // to the stream as a whole
  void say_notices(Revision revision);   // to each watch that wants it and has had nothing lately

 private:
  using Watches = absl::btree_map<int64_t, std::unique_ptr<Watch>>;

  void create(etcdserverpb::WatchCreateRequest& request);
  Watch& add(const etcdserverpb::WatchCreateRequest& request, store::KeyRange range, const WatchStart& start);
  std::string refusal(const store::KeyRange& range, int64_t id);  // empty: none
  void refuse(Revision now, std::string reason);
  int64_t take_id(int64_t wanted);
  void cancel(int64_t id);
  bool skip_compacted(Watch& watch);
  void end_compacted(Watch& watch);
  void end(Watch& watch);
  void after_end();

  void settle(Watch& watch);
  void put_behind(Watch& watch);
  void count_behind();
  void uncount_behind();
  void read_more();

  etcdserverpb::WatchResponse response(Revision revision, int64_t watch_id) const;

  WatchLoop& loop_;
  Call& call_;
  WatchOutput output_;
  WatchProgress progress_;
  Watches watches_;
  int64_t next_id_ = 0;
  // Ids of watches to be read for; some may be gone since, or no longer behind. A list costs nothing while it is empty.
  std::list<int64_t> behind_;
  size_t behind_count_ = 0;  // watches behind or being read for
  bool is_queued_ = false;   // with the readings: next_behind() will come
  bool is_reading_ = false;  // for one watch: take_history() will come
  size_t notice_count_ = 0;  // watches that want notices
  Revision newest_told_;
  Revision latest_start_;  // no watch starts after this
};

}  // namespace viaduct::v3
