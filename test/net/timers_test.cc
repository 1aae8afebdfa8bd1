#include "net/timers.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct::net;
using namespace std::chrono_literals;

TEST_CASE("timers run at their time, the earliest first, and once") {
  Timers timers;
  std::string ran;
  CHECK(timers.next() == kNever);
  timers.start(3s, [&] { ran += "c"; });
  timers.start(1s, [&] { ran += "a"; });
  timers.start(2s, [&] { ran += "b"; });
  timers.start(1s, [&] { ran += "A"; });
  CHECK(timers.next() == 1s);
  timers.run_due(1s - 1ns);
  CHECK(ran == "");
  timers.run_due(2s);
  CHECK(ran == "aAb");
  CHECK(timers.next() == 3s);
  timers.run_due(1h);
  timers.run_due(2h);
  CHECK(ran == "aAbc");
  CHECK(timers.size() == 0);
}

TEST_CASE("a timer that was cancelled does not run, also when one that is due with it cancels it") {
  Timers timers;
  std::string ran;
  Timers::Id second = 0;
  timers.start(1s, [&] {
    ran += "a";
    timers.cancel(second);
  });
  second = timers.start(2s, [&] { ran += "b"; });
  const Timers::Id third = timers.start(2s, [&] { ran += "c"; });
  timers.cancel(third);
  timers.cancel(third);
  timers.cancel(999);
  timers.run_due(3s);
  CHECK(ran == "a");
  CHECK(timers.size() == 0);
}

TEST_CASE("a timer started by one that runs waits for the next time, and ids are not used again") {
  Timers timers;
  int ran = 0;
  Timers::Id inner = 0;
  const Timers::Id outer = timers.start(1s, [&] {
    ++ran;
    inner = timers.start(1s, [&] { ++ran; });
  });
  timers.run_due(1s);
  CHECK(ran == 1);
  CHECK(inner != outer);
  timers.cancel(outer);
  timers.run_due(1s);
  CHECK(ran == 2);
}
