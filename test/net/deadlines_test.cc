#include "net/deadlines.h"

#include <doctest/doctest.h>

using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart = 100s;

struct Fixture {
  Limits limits;
  Deadlines deadlines{limits, kStart};

  // Expires as `expiry` at `when`, and not a millisecond sooner.
  void check_expires(Expiry expiry, TimePoint when) {
    CHECK(deadlines.next() == when);
    CHECK(deadlines.expired(when - 1ms) == Expiry::kNone);
    CHECK(deadlines.expired(when) == expiry);
    CHECK(deadlines.expired(when + 1ms) == expiry);
  }
};

Activity in_phase(InputPhase phase, uint64_t body_bytes = 0) {
  Activity activity;
  activity.phase = phase;
  activity.body_bytes = body_bytes;
  return activity;
}

}  // namespace

TEST_CASE("an idle connection expires after 120 s, counted from its last request") {
  Fixture f;
  f.check_expires(Expiry::kIdle, kStart + 120s);
  Activity activity;
  f.deadlines.update(kStart + 50s, activity);
  f.check_expires(Expiry::kIdle, kStart + 120s);
  activity.requests_finished = 1;
  f.deadlines.update(kStart + 60s, activity);
  f.check_expires(Expiry::kIdle, kStart + 180s);
}

TEST_CASE("a head has 10 s from its first byte, however it trickles in") {
  Fixture f;
  f.deadlines.update(kStart + 5s, in_phase(InputPhase::kHead));
  f.deadlines.update(kStart + 14s, in_phase(InputPhase::kHead));
  f.check_expires(Expiry::kHead, kStart + 15s);
}

TEST_CASE("the next request's head has its own 10 s") {
  Fixture f;
  Activity activity = in_phase(InputPhase::kHead);
  f.deadlines.update(kStart, activity);
  activity.requests_finished = 1;  // one ended and the next began in the same bytes
  f.deadlines.update(kStart + 9s, activity);
  f.check_expires(Expiry::kHead, kStart + 19s);
}

TEST_CASE("a body has 5 s, and then a second for each KiB") {
  struct Case {
    uint64_t bytes;
    TimePoint more;
  };
  for (const Case& c : {Case{0, 0s}, Case{512, 500ms}, Case{1024, 1s}, Case{1 << 20, 1024s}}) {
    CAPTURE(c.bytes);
    Fixture f;
    f.deadlines.update(kStart, in_phase(InputPhase::kBody));
    f.deadlines.update(kStart + 3s, in_phase(InputPhase::kBody, c.bytes));
    f.check_expires(Expiry::kBody, kStart + 5s + c.more);
  }
}

TEST_CASE("a slow request is not held against a client whose bytes we do not take") {
  Fixture f;
  Activity activity = in_phase(InputPhase::kHead);
  activity.reading = false;
  activity.owes_answer = true;
  f.deadlines.update(kStart, activity);
  CHECK(f.deadlines.next() == kNever);
  activity.reading = true;
  f.deadlines.update(kStart + 100s, activity);
  f.deadlines.update(kStart + 101s, activity);
  f.check_expires(Expiry::kHead, kStart + 110s);
}

TEST_CASE("a parked watch never expires") {
  Fixture f;
  Activity activity;
  activity.owes_answer = true;
  f.deadlines.update(kStart, activity);
  CHECK(f.deadlines.next() == kNever);
  CHECK(f.deadlines.expired(kStart + std::chrono::hours(10'000)) == Expiry::kNone);
}

TEST_CASE("output that the client does not take expires 60 s after the last byte it took") {
  Fixture f;
  Activity activity;
  activity.output_bytes = 10;
  activity.owes_answer = true;
  f.deadlines.update(kStart + 1s, activity);
  f.check_expires(Expiry::kWrite, kStart + 61s);
  activity.output_bytes = 20;  // more to say is no progress
  f.deadlines.update(kStart + 30s, activity);
  f.check_expires(Expiry::kWrite, kStart + 61s);
  activity.written_bytes = 5;
  f.deadlines.update(kStart + 40s, activity);
  f.check_expires(Expiry::kWrite, kStart + 100s);
  activity.output_bytes = 0;
  f.deadlines.update(kStart + 50s, activity);
  CHECK(f.deadlines.next() == kNever);
}

TEST_CASE("a client that was told goodbye has 2 s to go") {
  Fixture f;
  Activity activity;
  activity.lingering = true;
  f.deadlines.update(kStart + 1s, activity);
  f.deadlines.update(kStart + 2s, activity);
  f.check_expires(Expiry::kLinger, kStart + 3s);
}
