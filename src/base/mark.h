// Rare places in the code, by name: recoveries, refusals, losses and the ends of races. A simulator counts which of
// them its runs have reached, and makes something happen there (reliability.md SIM-6, SIM-9).
//   if (tail_cut) VIADUCT_MARK("wal: a torn tail is cut");
// Cost:    an increment and a look at a pointer. Not for a path that is taken all the time.
// Where:   in functions of a .cc file; not in inline ones or templates, whose sections differ.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace viaduct {

struct Mark {
  const char* name;  // unique
  std::atomic<uint64_t> times{0};

  void reached() {
    times.fetch_add(1, std::memory_order_relaxed);
    if (on_reached) on_reached(*this);
  }

  static std::span<Mark> all();           // of the program
  static void (*on_reached)(Mark& mark);  // null but in a simulation
};

#define VIADUCT_MARK(text)                                                                                      \
  do {                                                                                                          \
    [[gnu::section("viaduct_marks"), gnu::used]] static constinit ::viaduct::Mark viaduct_mark_here{text, {0}}; \
    viaduct_mark_here.reached();                                                                                \
  } while (false)

}  // namespace viaduct
