#include "net/loop_core.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>
#include <ctime>
#include <future>

#include "base/version.h"
#include "net/loop.h"

namespace viaduct::net {
namespace {

constexpr std::chrono::milliseconds kTimerStep{1};  // timers closer together than that run together

std::string format_common_headers(int64_t wall_ns) {
  const std::time_t seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[64];  // the C locale's names are those of RFC 9110, 5.6.7
  const size_t length = std::strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  std::string headers = "Server: viaduct/";
  headers.append(kVersion).append("\r\nDate: ").append(date, length).append("\r\n");
  return headers;
}

}  // namespace

LoopCore::LoopCore(Loop& loop, const Clock& clock, const Limits& limits, Counters& counters)
    : loop_(loop), clock_(clock), limits_(limits), counters_(counters), now_(clock.monotonic()) {
  update_date();
}

LoopCore::~LoopCore() { stop_thread(); }

void LoopCore::start_thread() {
  assert(!thread_.joinable());
  await_sweep();
  thread_ = std::thread([this] { run_thread(); });
}

void LoopCore::run_thread() {
  thread_id_ = std::this_thread::get_id();
  io_.run();
  take_turn([this] { close_all(); });
}

void LoopCore::stop_thread() {
  {
    const std::lock_guard lock(tasks_mutex_);
    accepts_tasks_ = false;
  }
  io_.stop();
  if (thread_.joinable()) thread_.join();
  thread_id_ = std::thread::id();
  const std::lock_guard lock(tasks_mutex_);
  tasks_.clear();
}

void LoopCore::call(std::function<void()> function) {
  if (!thread_.joinable() || in_thread()) return function();
  std::promise<void> ran;
  std::future<void> finished = ran.get_future();
  loop_.post_function([call = std::move(function), done = std::move(ran)]() mutable {
    call();
    done.set_value();
  });
  finished.wait();
}

void LoopCore::post(std::unique_ptr<Task> task) {
  bool first;
  {
    const std::lock_guard lock(tasks_mutex_);
    if (!accepts_tasks_) return;
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  if (first) boost::asio::post(io_, [this] { run_tasks(); });
}

void LoopCore::run_tasks() {
  std::vector<std::unique_ptr<Task>> batch;
  {
    const std::lock_guard lock(tasks_mutex_);
    batch.swap(tasks_);
  }
  take_turn([&] {
    for (std::unique_ptr<Task>& task : batch) {
      task->run();
      task.reset();
    }
  });
}

void LoopCore::adopt(Accepted accepted) {
  if (shutting_down_) return;
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  Slot& place = slots_[slot];
  place.connection = std::make_unique<Connection>(*this, slot, ++place.generation, std::move(accepted));
  ++open_;
  counters_.connections_accepted.add();
  counters_.connections_open.add();
  mark_dirty(slot, *place.connection);
}

Connection* LoopCore::find(uint32_t slot, uint32_t generation) {
  if (slot >= slots_.size() || slots_[slot].generation != generation) return nullptr;
  return slots_[slot].connection.get();
}

void LoopCore::mark_dirty(uint32_t slot, Connection& connection) {
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(slot);
}

void LoopCore::finish_turns() {
  finishing_.swap(dirty_);
  for (const uint32_t slot : finishing_) {
    Connection& connection = *slots_[slot].connection;
    connection.dirty = false;
    connection.finish_turn();
    if (connection.closed()) {
      destroy(slot);
    } else {
      schedule_check(slot, connection);
    }
  }
  finishing_.clear();
  tell_gone();
  if (!dirty_.empty()) boost::asio::post(io_, [this] { take_turn([] {}); });
  if (shutting_down_ && open_ == 0 && shutdown_done_) std::exchange(shutdown_done_, nullptr)();
}

// A connection that is busy moves its deadlines later all the time; only an earlier one changes when we look.
void LoopCore::schedule_check(uint32_t slot, Connection& connection) {
  const TimePoint next = connection.next_deadline();
  if (next >= connection.check_at) return;
  checks_.erase({connection.check_at, slot});
  checks_.insert({next, slot});
  connection.check_at = next;
}

void LoopCore::destroy(uint32_t slot) {
  Slot& place = slots_[slot];
  const std::unique_ptr<Connection> connection = std::move(place.connection);
  checks_.erase({connection->check_at, slot});
  std::erase(dirty_, slot);
  account(connection->held_bytes(), 0);
  for (const auto& [stream, observer] : connection->take_observers()) {
    gone_.emplace_back(ReplyHandle{&loop_, slot, place.generation, stream}, observer);
  }
  free_slots_.push_back(slot);
  --open_;
  counters_.connections_open.subtract();
}

void LoopCore::tell_gone() {
  while (!gone_.empty()) {
    const auto [handle, observer] = gone_.back();
    gone_.pop_back();
    observer->on_gone(handle);
  }
}

void LoopCore::observe(const ReplyHandle& handle, StreamObserver* observer) {
  Connection* connection = find(handle.slot, handle.generation);
  if (connection) connection->forget_observer(handle.stream);
  std::erase_if(gone_, [&](const auto& entry) { return entry.first == handle; });
  if (!observer) return;
  if (connection && connection->codec().is_open(handle.stream)) {
    connection->observe(handle.stream, observer);
  } else {
    gone_.emplace_back(handle, observer);
    if (connection) connection->codec().forget(handle.stream);
  }
}

void LoopCore::sweep() {
  update_date();
  check_deadlines();
  run_timers();
  for (const std::function<void()>& function : std::exchange(at_next_sweep_, {})) function();
  if (now_ >= shutdown_deadline_) close_all();
}

void LoopCore::check_deadlines() {
  while (!checks_.empty() && checks_.begin()->first <= now_) {
    const uint32_t slot = checks_.begin()->second;
    checks_.erase(checks_.begin());
    Connection& connection = *slots_[slot].connection;
    connection.check_at = kNever;
    if (connection.next_deadline() <= now_) {
      connection.check_deadlines();
      mark_dirty(slot, connection);
    } else {
      schedule_check(slot, connection);
    }
  }
}

void LoopCore::begin_shutdown(std::chrono::milliseconds grace, std::function<void()> done) {
  shutting_down_ = true;
  shutdown_deadline_ = now_ + grace;
  shutdown_done_ = std::move(done);
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot].connection) continue;
    slots_[slot].connection->begin_shutdown();
    mark_dirty(slot, *slots_[slot].connection);
  }
}

void LoopCore::close_revoked() {
  for (const Slot& slot : slots_) {
    if (slot.connection) slot.connection->close_if_revoked();
  }
}

void LoopCore::close_all() {
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot].connection) continue;
    slots_[slot].connection->close();
    mark_dirty(slot, *slots_[slot].connection);
  }
}

void LoopCore::update_date() { common_headers_ = format_common_headers(clock_.wall_ns()); }

void LoopCore::await_sweep() {
  sweep_timer_.expires_after(limits_.sweep_interval);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    take_turn([this] { sweep(); });
    await_sweep();
  });
}

Timers::Id LoopCore::start_timer(TimePoint at, std::function<void()> function) {
  const Timers::Id id = timers_.start(at, std::move(function));
  await_next_timer();
  return id;
}

void LoopCore::run_timers() {
  timers_.run_due(now_);
  await_next_timer();
}

// Most timers are far off and looked for by the sweep, so that starting one costs no more than its place in the order.
void LoopCore::await_next_timer() {
  const TimePoint next = timers_.next();
  if (next >= soon_at_ || next - now_ >= limits_.sweep_interval) return;
  soon_at_ = next;
  soon_timer_.expires_after(std::max<TimePoint>(next - now_, kTimerStep));
  soon_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // an earlier one took its place
    soon_at_ = kNever;
    take_turn([this] { run_timers(); });
  });
}

}  // namespace viaduct::net
