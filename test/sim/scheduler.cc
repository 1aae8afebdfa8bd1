#include "test/sim/scheduler.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace viaduct::sim {
namespace {

constexpr Nanoseconds kWallAtStart = 1'600'000'000 * kSecond;

}  // namespace

Scheduler* Scheduler::current_ = nullptr;

Thread::Thread(uint64_t number, Machine& on, std::string called, std::function<void()> body)
    : id(number), machine(on), name(std::move(called)), fiber(std::move(body)) {}

Nanoseconds Machine::wall(Nanoseconds now) const { return kWallAtStart + monotonic(now) + wall_offset; }

void WaitingThreads::add(Thread& thread, const void* on) {
  List& list = list_of(on);
  thread.waits_on = on;
  thread.before = std::exchange(list.last, &thread);
  thread.behind = nullptr;
  (thread.before ? thread.before->behind : list.first) = &thread;
}

void WaitingThreads::remove(Thread& thread) {
  List& list = list_of(thread.waits_on);
  (thread.before ? thread.before->behind : list.first) = thread.behind;
  (thread.behind ? thread.behind->before : list.last) = thread.before;
  thread.waits_on = nullptr;
}

Thread* WaitingThreads::take_first(const void* on) {
  for (Thread* thread = list_of(on).first; thread; thread = thread->behind) {
    if (thread->waits_on != on) continue;
    remove(*thread);
    return thread;
  }
  return nullptr;
}

Scheduler::Scheduler(Dice dice, const SchedulerOptions& options, Trace& trace)
    : dice_(dice), options_(options), trace_(trace) {
  assert(!current_);
  current_ = this;
}

Scheduler::~Scheduler() { current_ = nullptr; }

Machine& Scheduler::add_machine(std::string name) {
  machines_.push_back(std::make_unique<Machine>());
  Machine& machine = *machines_.back();
  machine.id = static_cast<int>(machines_.size());
  machine.name = std::move(name);
  return machine;
}

void Scheduler::kill(Machine& machine) {
  assert(!running_ || &running_->machine != &machine);
  machine.runs = false;
  machine.paused = false;
  machine.held.clear();
  std::erase_if(ready_, [&](const Thread* thread) { return &thread->machine == &machine; });
  for (Thread* const thread : std::exchange(machine.threads, {})) {
    if (thread->waits_on) waiting_.remove(*thread);
    thread->state = Thread::State::kEnded;
    thread->fiber.abandon();
    threads_[thread->id - 1].reset();
  }
}

void Scheduler::revive(Machine& machine) {
  machine.runs = true;
  machine.exit_code = 0;
}

void Scheduler::pause(Machine& machine, bool paused) {
  machine.paused = paused;
  if (paused) return;
  for (Thread* const thread : std::exchange(machine.held, {})) make_ready(*thread);
}

void Scheduler::exit(int code) {
  Machine& ending = machine();
  ending.exit_code = code;
  at(now_, [this, &ending, code] {
    kill(ending);
    if (ending.on_exit) ending.on_exit(code);
  });
  ending.paused = true;  // none of its threads goes on
  running_->state = Thread::State::kHeld;
  block();
  std::abort();
}

void Scheduler::run(Machine& machine, const std::function<void()>& body) {
  done_ = false;
  spawn(machine, "main", [&] {
    body();
    done_ = true;
  });
  loop();
}

Thread& Scheduler::spawn(Machine& machine, std::string name, std::function<void()> body) {
  const auto life = [this, body = std::move(body)]() mutable {
    body();
    body = nullptr;  // what it holds may take locks, and wait for them
    end_thread();
  };
  threads_.push_back(std::make_unique<Thread>(threads_.size() + 1, machine, std::move(name), life));
  Thread& thread = *threads_.back();
  machine.threads.push_back(&thread);
  make_ready(thread);
  return thread;
}

Thread* Scheduler::thread(uint64_t id) { return id >= 1 && id <= threads_.size() ? threads_[id - 1].get() : nullptr; }

void Scheduler::at(Nanoseconds when, std::function<void()> function) {
  events_.push({std::max(when, now_), next_order_++, 0, std::move(function)});
}

void Scheduler::make_ready(Thread& thread) {
  if (thread.machine.paused) {
    thread.state = Thread::State::kHeld;
    thread.machine.held.push_back(&thread);
    return;
  }
  thread.state = Thread::State::kReady;
  ready_.push_back(&thread);
}

void Scheduler::loop() {
  while (!done_) {
    Thread* const next = choose();
    running_ = next;
    ++switches_;
    now_ += options_.step;
    trace_.mix(next->id ^ static_cast<uint64_t>(now_) << 16);
    const uint64_t id = next->id;
    outside_.switch_to(next->fiber);
    running_ = nullptr;
    if (threads_[id - 1] && threads_[id - 1]->state == Thread::State::kEnded) {
      std::erase(next->machine.threads, next);
      threads_[id - 1].reset();
    }
  }
}

// Who runs next; time passes if that is what it takes.
Thread* Scheduler::choose() {
  for (;;) {
    do_due();
    while (!ready_.empty()) {
      if (options_.random_order && ready_.size() > 1) std::swap(ready_.front(), ready_[dice_.below(ready_.size())]);
      Thread* const next = ready_.front();
      ready_.pop_front();
      if (!next->machine.paused) return next;
      next->state = Thread::State::kHeld;
      next->machine.held.push_back(next);
    }
    if (events_.empty()) {
      std::fprintf(stderr, "sim: everybody waits for somebody else, and nothing is going to happen\n");
      std::abort();
    }
    now_ = std::max(now_, events_.top().when);
  }
}

void Scheduler::do_due() {
  while (!events_.empty() && events_.top().when <= now_) {
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    if (event.function) {
      event.function();
      continue;
    }
    Thread* const late = thread(event.alarm >> 32);
    if (!late || late->state != Thread::State::kWaiting || late->waits != (event.alarm & UINT32_MAX)) continue;
    waiting_.remove(*late);
    late->timed_out = true;
    make_ready(*late);
  }
}

void Scheduler::block() { running_->fiber.switch_to(outside_); }

bool Scheduler::wait(const void* on, Nanoseconds until) {
  Thread& self = *running_;
  self.state = Thread::State::kWaiting;
  self.timed_out = false;
  self.waits = (self.waits + 1) & UINT32_MAX;
  waiting_.add(self, on);
  if (until != kNever) events_.push({std::max(until, now_), next_order_++, self.id << 32 | self.waits, nullptr});
  block();
  return !self.timed_out;
}

void Scheduler::wake_one(const void* on) {
  if (Thread* const woken = waiting_.take_first(on)) make_ready(*woken);
}

void Scheduler::wake_all(const void* on) {
  while (Thread* const woken = waiting_.take_first(on)) make_ready(*woken);
}

void Scheduler::yield() {
  make_ready(*running_);
  block();
}

void Scheduler::end_thread() {
  running_->state = Thread::State::kEnded;
  wake_all(running_);
  block();
  std::abort();
}

}  // namespace viaduct::sim
