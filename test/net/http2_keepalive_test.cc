#include "net/http2_keepalive.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart = 100h;

struct Fixture {
  Limits limits;
  Http2Keepalive keepalive{limits, kStart};
};

}  // namespace

TEST_CASE("the third ping that comes too soon is one too many") {
  struct Case {
    const char* name;
    std::chrono::nanoseconds apart;
    bool has_streams;
    int allowed;  // of ten
  };
  for (const Case& c :
       {Case{"at once", 0s, true, 3}, Case{"just too soon", 5s - 1ns, true, 3}, Case{"in time", 5s, true, 10},
        Case{"without streams", 5s, false, 3}, Case{"without streams, just too soon", 2h - 1ns, false, 3},
        Case{"without streams, in time", 2h, false, 10}}) {
    CAPTURE(c.name);
    Fixture f;
    int allowed = 0;
    for (TimePoint now = kStart; allowed < 10 && !f.keepalive.on_ping(now, c.has_streams); now += c.apart) ++allowed;
    CHECK(allowed == c.allowed);
  }
}

TEST_CASE("an answer forgives the strikes, and the next ping") {
  Fixture f;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) CHECK(f.keepalive.on_ping(kStart, true) == nullptr);
    f.keepalive.on_answered();
  }
  for (int i = 0; i < 3; ++i) CHECK(f.keepalive.on_ping(kStart, true) == nullptr);
  const Offence* offence = f.keepalive.on_ping(kStart, true);
  REQUIRE(offence);
  CHECK(offence->error_code == 11);  // ENHANCE_YOUR_CALM
  CHECK(offence->detail == "too_many_pings");
}

TEST_CASE("a silent client is asked after the interval, and given up after the timeout") {
  using Step = Http2Keepalive::Step;
  Fixture f;
  CHECK(f.keepalive.next() == kStart + 2h);
  CHECK(f.keepalive.step(kStart + 2h - 1ns) == Step::kNone);
  CHECK(f.keepalive.step(kStart + 2h) == Step::kPing);
  CHECK(f.keepalive.next() == kStart + 2h + 20s);
  CHECK(f.keepalive.step(kStart + 2h + 20s - 1ns) == Step::kNone);
  CHECK(f.keepalive.step(kStart + 2h + 20s) == Step::kClose);
}

TEST_CASE("whatever a client says shows that it lives") {
  using Step = Http2Keepalive::Step;
  Fixture f;
  f.keepalive.on_heard(kStart + 1h);
  CHECK(f.keepalive.step(kStart + 2h) == Step::kNone);
  CHECK(f.keepalive.step(kStart + 3h) == Step::kPing);
  f.keepalive.on_heard(kStart + 3h + 20s - 1ns);
  CHECK(f.keepalive.step(kStart + 3h + 20s) == Step::kNone);
  CHECK(f.keepalive.next() == kStart + 5h + 20s - 1ns);
}
