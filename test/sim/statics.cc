// How a function's static object is made: in one go, without being interrupted. Threads of all machines share such
// objects, and one half made would outlive the machine whose thread had begun it. What is defined here takes the place
// of the C++ library's functions of the same names (Itanium C++ ABI 3.3.3) for the whole program.
#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>

#include "test/sim/scheduler.h"

namespace {

using viaduct::sim::Scheduler;

char& is_made(__cxxabiv1::__guard* guard) { return reinterpret_cast<char*>(guard)[0]; }
char& is_begun(__cxxabiv1::__guard* guard) { return reinterpret_cast<char*>(guard)[1]; }

void end(__cxxabiv1::__guard* guard, bool made) {
  is_made(guard) = made;
  is_begun(guard) = false;
  Scheduler::unbroken(-1);
}

}  // namespace

extern "C" int __cxa_guard_acquire(__cxxabiv1::__guard* guard) {
  // Begun by a thread that waits for something, or by this one.
  while (!is_made(guard) && is_begun(guard)) {
    Scheduler* const current = Scheduler::current();
    if (!current || !current->self()) {
      std::fprintf(stderr, "sim: a static object needs itself\n");
      std::abort();
    }
    current->yield();
  }
  if (is_made(guard)) return 0;
  is_begun(guard) = true;
  Scheduler::unbroken(1);
  return 1;
}

extern "C" void __cxa_guard_release(__cxxabiv1::__guard* guard) noexcept { end(guard, true); }
extern "C" void __cxa_guard_abort(__cxxabiv1::__guard* guard) noexcept { end(guard, false); }
