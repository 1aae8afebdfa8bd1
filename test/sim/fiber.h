// A thread of execution that the simulator switches to and from by hand, all inside one thread of the operating system.
// Each has its own stack, its own copy of the program's thread-local variables, and its own exceptions under way, so
// that code written for threads cannot tell the difference.
// Ownership: owns its stack. One that is never resumed again may be destroyed: what lived on its stack is then gone
//            without its destructors, as in a process that was killed.
// Threads:   one, that of the simulator.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace viaduct::sim {

class Fiber {
 public:
  Fiber();                                     // the one that is running already: the thread's own stack
  explicit Fiber(std::function<void()> body);  // begins at the first switch to it; `body` must not return
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // It is never resumed again: what its body holds is left as it is, too, for destructors might take locks.
  void abandon();
  // Goes on with `next`; returns when someone switches back to this one, which is the one running.
  void switch_to(Fiber& next);

 private:
  struct Exceptions {  // of the C++ runtime: those caught, and how many are under way
    void* caught = nullptr;
    unsigned uncaught = 0;
  };
  static void enter();
  void leave();
  void arrive();

  std::function<void()> body_;
  void* stack_ = nullptr;
  void* stack_pointer_ = nullptr;
  std::vector<char> thread_locals_;
  Exceptions exceptions_;
  int error_ = 0;  // errno
};

}  // namespace viaduct::sim
