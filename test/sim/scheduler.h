// The world of a run: machines whose processes run threads, a time that passes only when nobody has anything to do, and
// one generator that decides who goes first. threads.cc, clocks.cc and socket_calls.cc put it beneath the program's own
// calls of pthread, clock and socket, so that the code of the server and of its clients is simulated as it is.
//   Order:  of those who can run one is drawn, or the first, as the seed has it; it runs until it waits. With
//           `preemption` it may also be interrupted wherever it takes or gives back a lock.
//   Time:   a step costs a few microseconds; when nobody can run it jumps to the next event.
//   Death:  kill() takes a machine's threads away wherever they are, as kill -9 does.
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <string>
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
  Thread* before = nullptr;  // in the list of those who wait for the same, or for what falls together with it
  Thread* behind = nullptr;
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
  int exit_code = 0;                      // it ended itself with this
  std::function<void(int code)> on_exit;  // called when it ends itself; not from one of its threads
  std::deque<Thread*> held;               // ready, but paused
  std::vector<Thread*> threads;

  Nanoseconds monotonic(Nanoseconds now) const {
    return clock_base + static_cast<Nanoseconds>(static_cast<double>(now) * clock_rate);
  }
  Nanoseconds wall(Nanoseconds now) const;
  // When its monotonic clock will show `shown`.
  Nanoseconds when_monotonic(Nanoseconds shown) const {
    return static_cast<Nanoseconds>(static_cast<double>(shown - clock_base) / clock_rate);
  }
};

struct SchedulerOptions {
  bool random_order = true;
  double preemption = 0;  // at each lock
  Nanoseconds step = 2 * kMicrosecond;
};

// Those who wait, by what for; of one address the first to come is the first to go. The table's own order never shows.
class WaitingThreads {
 public:
  void add(Thread& thread, const void* on);
  void remove(Thread& thread);
  Thread* take_first(const void* on);  // null: nobody waits

 private:
  struct List {
    Thread* first = nullptr;
    Thread* last = nullptr;
  };
  List& list_of(const void* on) {
    return lists_[(reinterpret_cast<uintptr_t>(on) * 0x9e3779b97f4a7c15u) >> (64 - kBits)];
  }

  static constexpr unsigned kBits = 12;
  std::array<List, size_t{1} << kBits> lists_;
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
    if (options_.preemption > 0 && running_ && unbroken_ == 0 && dice_.chance(options_.preemption)) yield();
  }
  static void unbroken(int change) { unbroken_ += change; }  // while above 0 nobody is interrupted
  void end_thread();                                         // does not return
  Thread* thread(uint64_t id);

 private:
  struct Event {
    Nanoseconds when;
    uint64_t order;
    uint64_t alarm;                             // whose, and which of its waits: thread's id, then Thread::waits
    std::function<void()> function;             // instead
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
  static inline int unbroken_ = 0;

  Dice dice_;
  const SchedulerOptions options_;
  Trace& trace_;
  Nanoseconds now_ = 0;
  uint64_t next_order_ = 0;
  uint64_t switches_ = 0;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<std::unique_ptr<Thread>> threads_;  // all there ever were, by id
  std::deque<Thread*> ready_;
  WaitingThreads waiting_;
  std::priority_queue<Event> events_;
  Fiber outside_;
  Thread* running_ = nullptr;
  bool done_ = false;
};

}  // namespace viaduct::sim
