// The program's threads, mutexes and conditions, played by the scheduler. What is defined here takes the place of the C
// library's functions of the same names for the whole program, its shared libraries included. With no simulation under
// way there is one thread only, which never has to wait.
//   A mutex and a reader-writer lock keep their state where the C library would: zeroed memory is an open lock.
//   A condition keeps none; who waits is the scheduler's business.
#include <pthread.h>
#include <sched.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "test/sim/scheduler.h"

namespace viaduct::sim {
namespace {

constexpr uint32_t kOutside = UINT32_MAX;  // whoever runs when no thread of the simulation does

struct Mutex {  // as pthread_mutex_t begins; its kind stays the library's
  uint32_t holder;
  uint32_t count;
  uint32_t unused[2];
  int kind;
};
static_assert(sizeof(Mutex) <= sizeof(pthread_mutex_t));

struct RwLock {
  uint32_t readers;
  uint32_t writer;
  uint32_t waiting_writers;
};
static_assert(sizeof(RwLock) <= sizeof(pthread_rwlock_t));

Scheduler* scheduler() {
  Scheduler* const current = Scheduler::current();
  return current && current->self() ? current : nullptr;
}

uint32_t self() {
  Scheduler* const current = scheduler();
  return current ? static_cast<uint32_t>(current->self()->id) : kOutside;
}

// Waits, or finds that there is nobody who could give way.
bool wait(const void* on, Nanoseconds until = kNever) {
  Scheduler* const current = scheduler();
  if (!current) {
    std::fprintf(stderr, "sim: a wait outside of any thread\n");
    std::abort();
  }
  return current->wait(on, until);
}

Nanoseconds to_ns(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

Nanoseconds when(clockid_t clock, const timespec& shown) {
  const Machine& machine = scheduler()->machine();
  if (clock != CLOCK_REALTIME) return machine.when_monotonic(to_ns(shown));
  const Nanoseconds now = scheduler()->now();
  return machine.when_monotonic(machine.monotonic(now) + to_ns(shown) - machine.wall(now));
}

bool is_recursive(const Mutex& mutex) { return (mutex.kind & 3) == PTHREAD_MUTEX_RECURSIVE; }

bool try_lock(Mutex& mutex) {
  if (mutex.holder == 0) {
    mutex.holder = self();
    mutex.count = 1;
    return true;
  }
  if (mutex.holder != self() || !is_recursive(mutex)) return false;
  ++mutex.count;
  return true;
}

void preempt() {
  if (Scheduler* const current = scheduler()) current->maybe_preempt();
}

void unlock(Mutex& mutex) {
  assert(mutex.holder == self());
  if (--mutex.count > 0) return;
  mutex.holder = 0;
  if (Scheduler* const current = scheduler()) current->wake_one(&mutex);
}

void lock(Mutex& mutex) {
  while (!try_lock(mutex)) wait(&mutex);
}

Mutex& of(pthread_mutex_t* mutex) { return *reinterpret_cast<Mutex*>(mutex); }
RwLock& of(pthread_rwlock_t* lock) { return *reinterpret_cast<RwLock*>(lock); }

int wait_on(pthread_cond_t* condition, pthread_mutex_t* mutex, Nanoseconds until) {
  unlock(of(mutex));
  const bool woken = wait(condition, until);
  lock(of(mutex));
  return woken ? 0 : ETIMEDOUT;
}

}  // namespace
}  // namespace viaduct::sim

using namespace viaduct::sim;

extern "C" {

// --- threads ---

int pthread_create(pthread_t* thread, const pthread_attr_t*, void* (*start)(void*), void* argument) noexcept {
  Scheduler* const current = scheduler();
  if (!current) {
    std::fprintf(stderr, "sim: a thread begun outside of any machine\n");
    std::abort();
  }
  *thread = current->spawn(current->machine(), "thread", [start, argument] { start(argument); }).id;
  return 0;
}

int pthread_join(pthread_t thread, void**) {
  Scheduler* const current = scheduler();
  while (Thread* const ending = current->thread(thread)) {
    if (ending->state == Thread::State::kEnded) break;
    current->wait(ending);
  }
  return 0;
}

int pthread_detach(pthread_t) noexcept { return 0; }
pthread_t pthread_self() noexcept { return self(); }

int pthread_setname_np(pthread_t thread, const char* name) noexcept {
  Scheduler* const current = scheduler();
  if (Thread* const named = current ? current->thread(thread) : nullptr) named->name = name;
  return 0;
}

int sched_yield() noexcept {
  if (Scheduler* const current = scheduler()) current->yield();
  return 0;
}

int pthread_once(pthread_once_t* control, void (*function)()) {
  while (*control == 1) sched_yield();
  if (*control == 2) return 0;
  *control = 1;
  function();
  *control = 2;
  return 0;
}

// --- mutexes ---

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  preempt();
  lock(of(mutex));
  return 0;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept { return try_lock(of(mutex)) ? 0 : EBUSY; }

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  unlock(of(mutex));
  preempt();
  return 0;
}

// --- conditions ---

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) { return wait_on(condition, mutex, kNever); }

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  return wait_on(condition, mutex, when(CLOCK_REALTIME, *until));
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  return wait_on(condition, mutex, when(clock, *until));
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (Scheduler* const current = scheduler()) current->wake_one(condition);
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (Scheduler* const current = scheduler()) current->wake_all(condition);
  return 0;
}

int pthread_cond_destroy(pthread_cond_t*) noexcept { return 0; }

// --- reader-writer locks: a waiting writer goes first ---

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  preempt();
  RwLock& own = of(lock);
  while (own.writer || own.waiting_writers) wait(lock);
  ++own.readers;
  return 0;
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  preempt();
  RwLock& own = of(lock);
  ++own.waiting_writers;
  while (own.writer || own.readers) wait(lock);
  --own.waiting_writers;
  own.writer = 1;
  return 0;
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  RwLock& own = of(lock);
  if (own.writer) {
    own.writer = 0;
  } else {
    --own.readers;
  }
  if (Scheduler* const current = scheduler()) current->wake_all(lock);
  preempt();
  return 0;
}
}
