// The world of a run: machines whose processes run threads, a time that passes only when nobody has anything to do, and
// one generator that decides who goes first. threads.cc, clocks.cc and socket_calls.cc put it beneath the program's own
// calls of pthread, clock and socket, so that the code of the server and of its clients is simulated as it is.
//   Order:  of those who can run one is drawn, or the first, as the seed has it; it runs until it waits. With
//           `preemption` it may also be interrupted wherever it takes or gives back a lock.
//   Time:   a step costs a few microseconds; when nobody can run it jumps to the next event.
//   Death:  kill() takes a machine's threads away wherever they are, as kill -9 does.
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "test/sim/dice.h"
#include "test/sim/fiber.h"
#include "test/sim/trace.h"

namespace viaduct::sim {

using Nanoseconds = int64_t;  // since the run began, on no machine's clock
inline constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();
inline constexpr Nanoseconds kMicrosecond = 1000, kMillisecond = 1'000'000, kSecond = 1'000'000'000;

struct Machine;

struct Thread {
  Thread(uint64_t number, Machine& on, std::string called, std::function<void()> body);

  const uint64_t id;
  Machine& machine;
  std::string name;
  Fiber fiber;
  enum class State { kReady, kHeld, kWaiting, kEnded } state = State::kReady;
  const void* waits_on = nullptr;
  uint64_t waits = 0;  // how often it has waited; tells an old alarm from that of now
  bool timed_out = false;
};

// One process on one machine.
struct Machine {
  int id = 0;
  std::string name;
  double clock_rate = 1;
  Nanoseconds clock_base = 1000 * kSecond;  // what its monotonic clock showed at 0
  Nanoseconds wall_offset = 0;              // against that of the others
  bool runs = true;
  bool paused = false;
  int exit_code = 0;  // it ended itself with this
  std::function<void(int code)> on_exit;  // called when it ends itself; not from one of its threads
  std::deque<Thread*> held;  // ready, but paused
  std::vector<Thread*> threads;

  Nanoseconds monotonic(Nanoseconds now) const { return clock_base + static_cast<Nanoseconds>(static_cast<double>(now) * clock_rate); }
  Nanoseconds wall(Nanoseconds now) const;
  // When its monotonic clock will show `shown`.
  Nanoseconds when_monotonic(Nanoseconds shown) const { return static_cast<Nanoseconds>(static_cast<double>(shown - clock_base) / clock_rate); }
};

struct SchedulerOptions {
  bool random_order = true;
  double preemption = 0;  // at each lock
  Nanoseconds step = 2 * kMicrosecond;
};

class Scheduler {
 public:
  Scheduler(Dice dice, const SchedulerOptions& options, Trace& trace);
  ~Scheduler();

  static Scheduler* current() { return current_; }

  Machine& add_machine(std::string name);
  // Its threads are gone from here on. Not from one of them.
  void kill(Machine& machine);
  void revive(Machine& machine);
  void pause(Machine& machine, bool paused);
  void exit(int code);  // of the machine of the thread that runs; does not return

  // Lets the world run until `body` returns, on a thread of `machine`.
  void run(Machine& machine, const std::function<void()>& body);

  Thread& spawn(Machine& machine, std::string name, std::function<void()> body);
  void at(Nanoseconds when, std::function<void()> function);  // runs on no machine, and must not wait

  Nanoseconds now() const { return now_; }
  void pass(Nanoseconds time) { now_ += time; }
  Trace& trace() { return trace_; }
  Dice& dice() { return dice_; }
  uint64_t switches() const { return switches_; }

  // --- for the thread that runs; `on` is any address, agreed upon with who wakes ---
  Thread* self() { return running_; }
  Machine& machine() { return running_->machine; }
  bool wait(const void* on, Nanoseconds until = kNever);  // false: woken by time alone
  void wake_one(const void* on);
  void wake_all(const void* on);
  void yield();
  void maybe_preempt() {
    if (options_.preemption > 0 && running_ && dice_.chance(options_.preemption)) yield();
  }
  void end_thread();  // does not return
  Thread* thread(uint64_t id);

 private:
  struct Event {
    Nanoseconds when;
    uint64_t order;
    uint64_t alarm;                   // whose, and which of its waits: thread's id, then Thread::waits
    std::function<void()> function;   // instead
    bool operator<(const Event& other) const {  // the queue has the greatest in front
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  void loop();
  Thread* choose();
  void do_due();
  void make_ready(Thread& thread);
  void block();

  static Scheduler* current_;

  Dice dice_;
  const SchedulerOptions options_;
  Trace& trace_;
  Nanoseconds now_ = 0;
  uint64_t next_order_ = 0;
  uint64_t switches_ = 0;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<std::unique_ptr<Thread>> threads_;  // all there ever were, by id
  std::deque<Thread*> ready_;
  std::unordered_map<const void*, std::deque<Thread*>> waiting_;  // only looked up: no order of it shows
  std::priority_queue<Event> events_;
  Fiber outside_;
  Thread* running_ = nullptr;
  bool done_ = false;
};

}  // namespace viaduct::sim
