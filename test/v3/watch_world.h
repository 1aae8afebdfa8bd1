// The Watch service over a store that the test writes, on a loop of its own, with readers that run when the test says.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "net/loop.h"
#include "test/store/store_fixture.h"
#include "test/support/manual_clock.h"
#include "test/v3/fake_call.h"
#include "v3/watch_service.h"

namespace viaduct::v3 {

// Keeps tasks until it is told to run them.
class QueuedTasks final : public Executor {
 public:
  void post(std::unique_ptr<Task> task) override;
  bool run_one();  // false: there was none
  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<Task>> tasks_;
};

// A store and its hub as an engine that nobody proposes to.
class StoreEngine final : public v3bridge::Engine {
 public:
  StoreEngine() { hub_.publish({}, fixture.numbers().seq); }

  void propose(Command&&, std::unique_ptr<v3bridge::Completion>) override { FAIL("nobody proposes here"); }
  void read_barrier(std::unique_ptr<v3bridge::Completion>) override { FAIL("nobody reads here"); }
  void move_leader(MemberId, std::unique_ptr<v3bridge::Completion>) override { FAIL("nobody moves the leader here"); }
  void compaction_barrier(std::unique_ptr<v3bridge::Completion>) override { FAIL("nobody waits here"); }
  const store::Store& store() const override { return *fixture; }
  store::Hub& hub() override { return hub_; }
  Executor& readers() override { return readers_; }
  uint64_t cluster_now_ms() const override { return 0; }
  v3bridge::RaftStatus raft_status() const override {
    v3bridge::RaftStatus status;
    status.term = Term(7);
    return status;
  }
  const v3bridge::ApplyCounts& counts() const override { return counts_; }
  const std::string& v2_root() const override { return v2_root_; }
  ClusterId cluster_id() const override { return ClusterId(0xc); }
  MemberId member_id() const override { return MemberId(0xa); }
  std::vector<v3bridge::Member> members() const override { return {}; }
  std::string cluster_version() const override { return "3.5.0"; }
  std::vector<v3bridge::ActiveAlarm> alarms() const override { return {}; }

  mutable store::StoreFixture fixture;
  QueuedTasks& queued() { return readers_; }

 private:
  store::Hub hub_;
  QueuedTasks readers_;
  v3bridge::ApplyCounts counts_;
  std::string v2_root_;
};

class WatchWorld {
 public:
  explicit WatchWorld(WatchOptions options = {});
  ~WatchWorld();

  // --- writes, as the apply thread makes them: each a group of its own, published unless held back ---
  void put(const std::string& key, const std::string& value, LeaseId lease = {});
  void remove(const std::string& key);
  using Body = std::function<void(store::Transaction&)>;
  void transact(const Body& body);                    // one transaction
  void group(const std::vector<Body>& transactions);  // several, published together
  void hold_back();                                   // what is written is not published...
  void publish();                                     // until now
  void compact(uint64_t revision);

  void on_loop(const std::function<void()>& function);  // and waits for it
  void run_loop();                                      // all that was posted, and what that posts
  void settle();                                        // loop and readers, until nothing is left to do
  void pass(std::chrono::nanoseconds time);

  uint64_t revision() { return engine.fixture.numbers().revision.value; }

  StoreEngine engine;
  viaduct::ManualClock clock;
  WatchCounters counters;
  Methods methods;

  net::Loop& loop() { return *loop_; }

 private:
  void write(const std::vector<Body>& transactions);

  net::Limits limits_;
  net::Counters net_counters_;
  std::unique_ptr<WatchService> service_;
  std::unique_ptr<net::Loop> loop_;
  bool holds_back_ = false;
  std::vector<store::EventPtr> held_;
};

// How a test asks for a watch.
struct Create {
  std::string key = {};
  std::string range_end = {};
  int64_t start = 0;
  int64_t id = 0;
  bool prev_kv = false;
  bool fragment = false;
  bool progress_notify = false;
  bool no_put = false;
  bool no_delete = false;
};

using Lines = std::vector<std::string>;

// A stream, its client and what that was told. Each call settles the world, unless it is told not to.
class WatchClient {
 public:
  explicit WatchClient(WatchWorld& world);
  ~WatchClient();

  Lines create(const Create& create);
  Lines cancel(int64_t id);
  Lines ask_progress();
  Lines send(etcdserverpb::WatchRequest request);
  void send_only(etcdserverpb::WatchRequest request);  // without settling
  static etcdserverpb::WatchRequest request(const Create& create);

  // What was said since the last time, one line per response:
  //   "0 @5 created", "-1 @5 created canceled (reason)", "0 @0 canceled compacted 3", "0 @5 fragment",
  //   "0 @5 a=1 (2,5,2)" for a put with create and mod revision and version, " lease 7" behind it if there is one,
  //   "0 @6 -a (6)" for a deletion; "<- old (2,2,1)" behind either is what was before.
  Lines take();                                          // settles first
  Lines take_now();                                      // does not
  std::vector<etcdserverpb::WatchResponse> responses();  // the same, whole; settles first

  void set_backlog(size_t bytes);  // as if that were unsent
  void drain();                    // all is sent, and the service is told
  void leave();
  Said& said() { return *stream_->said; }
  Inbound& inbound() { return *stream_->inbound; }

 private:
  WatchWorld& world_;
  std::unique_ptr<FakeStream> stream_;
};

std::string to_text(const etcdserverpb::WatchResponse& response);

}  // namespace viaduct::v3

template <>
struct doctest::StringMaker<viaduct::v3::Lines> {
  static String convert(const viaduct::v3::Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n    " + line;
    return text.c_str();
  }
};
