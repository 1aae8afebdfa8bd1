// Long polls and streams that begin in the past, that do not read, and of a member whose state is replaced by a later
// one from the leader (RB-50, INV-W10 to W12).
#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "test/store/store_copy.h"
#include "test/v2/loopback.h"
#include "test/v2/store_engine.h"
#include "v2/front.h"
#include "v2/keys.h"

namespace viaduct::v2 {
namespace {

// The keys of a store over HTTP, and the leader that has all of it and then more.
class World {
 public:
  World() {
    front_.add_subtree("/v2/keys", "GET", keys_);
    for (const char* key : {"/a", "/d/e"}) put(key, "1");
    leader.replace_with(store::copy_of(*engine_.fixture, disk_, next_directory()));
  }

  ~World() { server_.loops().shut_down(std::chrono::milliseconds(0)); }  // before the watches go

  void put(const std::string& key, const std::string& value) {
    const store::EventPtr event = engine_.fixture.put(key, value);
    engine_.hub().publish({&event, 1}, event->seq());
  }

  // What the apply thread does with the leader's snapshot.
  void install() {
    engine_.fixture.replace_with(store::copy_of(*leader, disk_, next_directory()),
                                 [](std::unique_ptr<store::Store>) {});
    engine_.hub().jump(leader.numbers().seq);
  }

  void compact_leader() {
    leader.compact(leader.numbers().revision.value);
    leader.clean();
  }

  // The loop has done what was posted until now.
  void run_loop() {
    std::promise<void> done;
    server_.loops().loop(0).post_function([&] { done.set_value(); });
    done.get_future().wait();
  }

  uint64_t head() { return engine_.fixture.numbers().seq.value; }
  size_t watches() { return engine_.hub().size(); }  // that are told at once
  void wait_for_watches(size_t count) {
    while (engine_.hub().size() != count) std::this_thread::yield();
  }
  net::Descriptor connect() const { return server_.connect(); }

  store::StoreFixture leader;

 private:
  std::string next_directory() { return directory_.path() + "/" + std::to_string(++copies_); }

  PosixDisk disk_;
  TemporaryDirectory directory_;
  int copies_ = 0;
  StoreEngine engine_;
  KeyStats stats_;
  RequestStats requests_;
  LimitCounts limits_;
  SystemClock clock_;
  net::SiteAccess access_{{{"*"}, {}}};
  Front front_{access_};
  Loopback server_{front_};
  WatchTable watches_{engine_, server_.loops(), stats_, {}};
  Keys keys_{engine_, watches_, clock_, stats_, requests_, limits_};
};

// One watch over a connection of its own.
class Watch {
 public:
  Watch(World& world, const std::string& query) : socket_(world.connect()) {
    const std::string request = "GET /v2/keys" + query + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    REQUIRE(::send(socket_.number(), request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
  }

  // Of what it does not read its machine keeps no more than this.
  void keep_at_most(int bytes) { setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); }
  // Takes what comes, up to the event of that value.
  void read_until(const std::string& value) {
    const auto is_there = [&] { return reply_.find(value, reply_.size() - std::min<size_t>(reply_.size(), 10'000)); };
    while (is_there() == reply_.npos && receive()) {
    }
  }

  // The values of the first `count` events, in order; fewer if it ended before.
  std::vector<std::string> values(size_t count) {
    while (found().size() < count && receive()) {
    }
    return found();
  }
  bool ends() {
    while (receive()) {
    }
    return reply_.ends_with("0\r\n\r\n");
  }

 private:
  bool receive() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_.number(), bytes, sizeof bytes, 0);
    if (got > 0) reply_.append(bytes, static_cast<size_t>(got));
    return got > 0;
  }
  std::vector<std::string> found() const {
    static constexpr std::string_view kBefore = "\"value\":\"";
    std::vector<std::string> values;
    for (size_t line = reply_.find("{\"action\""); line != reply_.npos; line = reply_.find("{\"action\"", line + 1)) {
      const size_t value = reply_.find(kBefore, line), next = reply_.find("\n", line);
      if (value == reply_.npos || value > next) {
        values.push_back("-");
      } else {
        const size_t begin = value + kBefore.size();
        values.push_back(reply_.substr(begin, reply_.find('"', begin) - begin));
      }
    }
    return values;
  }

  net::Descriptor socket_;
  std::string reply_;
};

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("a long poll in the past is answered with its first event, however many others come before") {
  for (const size_t others : {0, 15, 16, 17, 143, 144, 999, 1000, 2500}) {
    CAPTURE(others);
    World world;
    const uint64_t past = world.head() + 1;
    for (size_t i = 0; i < others; ++i) world.put("/d/e", "2");
    for (const char* value : {"2", "3"}) world.put("/a", value);
    Watch watch(world, "/a?wait=true&waitIndex=" + std::to_string(past));
    CHECK(watch.values(1) == Values{"2"});
    CHECK(watch.ends());
  }
}

// Known bug: RB-50.
TEST_CASE("a long poll is answered with the first event that its member missed") {
  for (const char* query : {"/a?wait=true", "/a?wait=true&recursive=true", "?wait=true&recursive=true"}) {
    CAPTURE(query);
    World world;
    Watch watch(world, query);
    world.wait_for_watches(1);
    world.leader.put("/_hidden/b", "h");
    world.leader.put("/a", "2");
    world.leader.put("/a", "3");
    world.install();
    CHECK(watch.values(1) == Values{"2"});
    CHECK(watch.ends());
  }
}

TEST_CASE("a long poll that missed nothing waits on") {
  World world;
  Watch watch(world, "/a?wait=true");
  world.wait_for_watches(1);
  world.leader.put("/d/e", "2");
  world.compact_leader();
  world.leader.put("/d/e", "3");
  world.install();
  world.run_loop();
  world.put("/a", "2");
  CHECK(watch.values(1) == Values{"2"});
}

TEST_CASE("a long poll for an index to come waits for that, through any number of states") {
  World world;
  Watch watch(world, "/a?wait=true&waitIndex=" + std::to_string(world.head() + 4));
  world.wait_for_watches(1);
  world.leader.put("/a", "2");
  world.install();
  world.leader.put("/a", "3");
  world.compact_leader();
  world.install();
  world.put("/a", "4");
  world.put("/a", "5");
  CHECK(watch.values(1) == Values{"5"});
}

TEST_CASE("a watch whose missed events may be compacted ends, and the next one with that index is refused") {
  struct Case {
    const char* query;
    const char* removed;
  };
  for (const Case& c : {Case{"/d/x?wait=true", "/d/x"}, Case{"/d?wait=true&recursive=true", "/d/x"},
                        Case{"/x/y?wait=true&stream=true", "/x/y"}}) {
    CAPTURE(c.query);
    World world;
    Watch watch(world, c.query);
    world.wait_for_watches(1);
    const std::string index = std::to_string(world.head() + 1);
    world.leader.put(c.removed, "2");
    world.leader.remove(c.removed);  // compaction leaves no trace of it
    world.compact_leader();
    world.install();
    CHECK(watch.ends());
    CHECK(watch.values(1).empty());
    Watch again(world, std::string(c.query) + "&waitIndex=" + index);
    CHECK_FALSE(again.ends());  // an error, with its length
  }
}

// Known bug: RB-67.
TEST_CASE("a stream shows what its member missed in order, once, then what comes") {
  World world;
  Watch watch(world, "/a?wait=true&stream=true");
  world.wait_for_watches(1);
  world.put("/a", "2");
  CHECK(watch.values(1) == Values{"2"});
  world.leader.put("/a", "2");
  world.leader.put("/a", "3");
  world.leader.put("/a", "4");
  world.install();
  world.put("/a", "5");  // published before the stream has read the log
  world.put("/a", "6");
  CHECK(watch.values(5) == Values{"2", "3", "4", "5", "6"});
  world.put("/a", "7");
  CHECK(watch.values(6).back() == "7");
}

TEST_CASE("a stream whose client does not read leaves the hub, holds nobody up, and is told all once it reads") {
  World world;
  Watch slow(world, "/a?wait=true&stream=true"), other(world, "/d/e?wait=true");
  world.wait_for_watches(2);
  slow.keep_at_most(100'000);
  Values wanted;
  for (int i = 0; i < 100; ++i) {
    wanted.push_back(std::string(100'000, 'v') + std::to_string(i) + "!");
    world.put("/a", wanted.back());
  }
  world.run_loop();
  CHECK(world.watches() == 1);
  world.put("/d/e", "2");
  CHECK(other.values(1) == Values{"2"});

  slow.read_until("99!");
  wanted.push_back("more");
  world.put("/a", wanted.back());
  slow.read_until(wanted.back());
  CHECK(slow.values(wanted.size()) == wanted);
}

}  // namespace viaduct::v2
