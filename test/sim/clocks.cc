// Clocks, sleep, and the kernel's random numbers and futexes, as the machine of the running thread has them. Outside of
// a simulation they are the kernel's own.
#include <linux/futex.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <ctime>

#include "test/sim/kernel.h"
#include "test/sim/scheduler.h"

namespace viaduct::sim {
namespace {

constexpr Nanoseconds kLook = 20;  // at a clock: who waits for time in a loop shall get there

Scheduler* scheduler() {
  Scheduler* const current = Scheduler::current();
  return current && current->self() ? current : nullptr;
}

Nanoseconds read_clock(clockid_t clock) {
  Scheduler* const current = scheduler();
  if (!current) {
    timespec time{};
    kernel(SYS_clock_gettime, clock, reinterpret_cast<long>(&time));
    return time.tv_sec * kSecond + time.tv_nsec;
  }
  current->pass(kLook);
  const Machine& machine = current->machine();
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? machine.wall(current->now())
                                                                   : machine.monotonic(current->now());
}

timespec to_timespec(Nanoseconds time) { return {time / kSecond, time % kSecond}; }

void sleep_until(Nanoseconds shown) {
  Scheduler& current = *scheduler();
  const char nobody_knows_this = 0;
  current.wait(&nobody_knows_this, current.machine().when_monotonic(shown));
}

// What the C++ library waits with in futures, latches and guards of static variables.
long futex(uint32_t* word, int operation, uint32_t value, const timespec* time) {
  Scheduler& current = *scheduler();
  const int command = operation & FUTEX_CMD_MASK;
  if (command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET) {
    for (uint32_t i = 0; i < value && i < 64; ++i) current.wake_one(word);
    return 0;
  }
  if (*word != value) {
    errno = EAGAIN;
    return -1;
  }
  Nanoseconds until = kNever;
  if (time) {
    const Nanoseconds given = time->tv_sec * kSecond + time->tv_nsec;
    const Machine& machine = current.machine();
    const Nanoseconds shown = machine.monotonic(current.now());
    const bool is_wall = operation & FUTEX_CLOCK_REALTIME;
    if (command == FUTEX_WAIT)
      until = machine.when_monotonic(shown + given);
    else
      until = machine.when_monotonic(is_wall ? shown + given - machine.wall(current.now()) : given);
  }
  if (current.wait(word, until)) return 0;
  errno = ETIMEDOUT;
  return -1;
}

}  // namespace

long kernel(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  if (result >= -4095 && result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}

}  // namespace viaduct::sim

using namespace viaduct::sim;

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  *time = to_timespec(read_clock(clock));
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const Nanoseconds now = read_clock(CLOCK_REALTIME);
  *time = {now / kSecond, now % kSecond / kMicrosecond};
  return 0;
}

time_t time(time_t* into) noexcept {
  const time_t seconds = read_clock(CLOCK_REALTIME) / kSecond;
  if (into) *into = seconds;
  return seconds;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  if (!scheduler())
    return kernel(SYS_clock_nanosleep, clock, flags, reinterpret_cast<long>(time), reinterpret_cast<long>(left)) == 0
               ? 0
               : errno;
  const Nanoseconds given = time->tv_sec * kSecond + time->tv_nsec;
  const bool absolute = flags & TIMER_ABSTIME;
  const Machine& machine = scheduler()->machine();
  const Nanoseconds shown = machine.monotonic(scheduler()->now());
  sleep_until(absolute ? given - read_clock(clock) + shown : shown + given);
  return 0;
}

int nanosleep(const timespec* time, timespec* left) { return clock_nanosleep(CLOCK_MONOTONIC, 0, time, left); }

ssize_t getrandom(void* into, size_t bytes, unsigned flags) {
  if (!scheduler()) return kernel(SYS_getrandom, reinterpret_cast<long>(into), static_cast<long>(bytes), flags);
  auto* at = static_cast<char*>(into);
  for (size_t left = bytes; left > 0;) {
    const uint64_t drawn = scheduler()->dice().next();
    const size_t taken = left < sizeof drawn ? left : sizeof drawn;
    std::memcpy(at, &drawn, taken);
    at += taken;
    left -= taken;
  }
  return static_cast<ssize_t>(bytes);
}

long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_futex && scheduler())
    return futex(reinterpret_cast<uint32_t*>(a[0]), static_cast<int>(a[1]), static_cast<uint32_t>(a[2]),
                 reinterpret_cast<const timespec*>(a[3]));
  return kernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// A process that ends itself: what remains of the run goes on without it.
void _exit(int code) {
  if (scheduler()) scheduler()->exit(code);
  for (;;) kernel(SYS_exit_group, code);
}
}
