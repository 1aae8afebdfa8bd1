// The inside of a Loop: the io context, its connections and their turns. Private to src/net.
// A turn is: something happens (bytes, tasks, a sweep), connections are marked dirty, and when it has been dealt with
// each dirty one finishes its turn. Connections are destroyed there and nowhere else.
#pragma once

#include <absl/container/btree_set.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "net/connection.h"
#include "net/timers.h"

namespace viaduct::net {

class Loop;

class LoopCore {
 public:
  LoopCore(Loop& loop, const Clock& clock, const Limits& limits, Counters& counters);
  ~LoopCore();

  void start_thread();
  void stop_thread();
  // Runs `function` on the loop's thread and waits for it; on the caller's while there is no such thread.
  void call(std::function<void()> function);
  bool in_thread() const { return thread_id_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  void post(std::unique_ptr<Task> task);

  void adopt(Accepted accepted);  // takes the descriptor over
  Connection* find(uint32_t slot, uint32_t generation);
  void mark_dirty(uint32_t slot, Connection& connection);
  // Replaces the observer of a request; for one whose client has gone, on_gone() follows at the end of the turn.
  void observe(const ReplyHandle& handle, StreamObserver* observer);
  void sweep();
  Timers::Id start_timer(TimePoint at, std::function<void()> function);
  void cancel_timer(Timers::Id id) { timers_.cancel(id); }
  void begin_shutdown(std::chrono::milliseconds grace, std::function<void()> done);
  void close_revoked();  // connections of clients whose certificate has been revoked meanwhile
  void run_at_next_sweep(std::function<void()> function) { at_next_sweep_.push_back(std::move(function)); }

  // Runs `turn` and then lets every dirty connection finish its own.
  template <typename Turn>
  void take_turn(Turn turn) {
    now_ = clock_.monotonic();
    turn();
    finish_turns();
  }

  Loop& loop() { return loop_; }
  boost::asio::io_context& io() { return io_; }
  const Limits& limits() const { return limits_; }
  Counters& counters() { return counters_; }
  const std::string& common_headers() const { return common_headers_; }
  const TimePoint& now() const { return now_; }
  std::span<char> read_buffer() { return read_buffer_; }
  size_t connection_count() const { return open_; }
  size_t held_bytes() const { return held_bytes_; }  // of all connections
  void account(size_t before, size_t after) { held_bytes_ += after - before; }

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    uint32_t generation = 0;
  };

  void run_thread();
  void run_tasks();
  void finish_turns();
  void schedule_check(uint32_t slot, Connection& connection);
  void destroy(uint32_t slot);
  void tell_gone();
  void check_deadlines();
  void close_all();
  void update_date();
  void run_timers();
  void await_next_timer();
  void await_sweep();

  Loop& loop_;
  const Clock& clock_;
  const Limits& limits_;
  Counters& counters_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer sweep_timer_{io_};
  boost::asio::steady_timer soon_timer_{io_};  // for timers that cannot wait for the sweep
  TimePoint soon_at_ = kNever;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};

  std::mutex tasks_mutex_;
  std::vector<std::unique_ptr<Task>> tasks_;  // guarded by tasks_mutex_
  bool accepts_tasks_ = true;                 // guarded by tasks_mutex_

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<uint32_t> dirty_;
  std::vector<uint32_t> finishing_;
  size_t open_ = 0;
  size_t held_bytes_ = 0;
  absl::btree_set<std::pair<TimePoint, uint32_t>> checks_;     // by time, then slot
  std::vector<std::pair<ReplyHandle, StreamObserver*>> gone_;  // to be told at the end of the turn
  Timers timers_;
  std::vector<std::function<void()>> at_next_sweep_;
  std::array<char, 64 << 10> read_buffer_;
  std::string common_headers_;
  TimePoint now_{0};
  bool shutting_down_ = false;
  TimePoint shutdown_deadline_ = kNever;
  std::function<void()> shutdown_done_;
};

}  // namespace viaduct::net
