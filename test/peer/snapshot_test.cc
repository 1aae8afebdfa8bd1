#include "peer/snapshot_sender.h"
#include "test/peer/raw_server.h"
#include "test/peer/world.h"

namespace viaduct::peer {
namespace {

using namespace std::chrono_literals;

constexpr MemberId kOne(1);
constexpr MemberId kTwo(2);
constexpr MemberId kThree(3);
constexpr MemberId kFour(4);

SnapshotName name_of(uint64_t number) {
  return {kOne, options_of(1).identity.incarnation, number, Index(1000 + number), Term(3), Term(4)};
}

std::unique_ptr<TextSource> source_of(uint64_t number, const std::string& bytes) {
  return std::make_unique<TextSource>(name_of(number), bytes);
}

void quick(LinksOptions& options) {
  options.snapshot_bytes_per_second = 1 << 30;
  options.snapshot_patience = 500ms;
  options.redial_first = 1ms;
}

// Holds the receiver's thread in a write until told.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void await_someone() {
    std::unique_lock lock(mutex_);
    CHECK(changed_.wait_for(lock, 10s, [&] { return waiting_ > 0; }));
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST_CASE("a snapshot of any size arrives as it is") {
  World world(2, quick);
  uint64_t number = 0;
  for (const size_t size : {size_t{0}, size_t{1}, kSnapshotChunkBytes - 1, kSnapshotChunkBytes, kSnapshotChunkBytes + 1,
                            5 * kSnapshotChunkBytes + 77}) {
    CAPTURE(size);
    const std::string bytes = snapshot_bytes(size);
    world[2].sink.finished = false;
    world[1].links->send_snapshot(kTwo, source_of(++number, bytes));
    REQUIRE(world[1].listener.await_snapshots(number));
    CHECK(world[1].listener.snapshots().back() == std::pair(kTwo, std::optional(Index(1000 + number))));
    CHECK(world[2].sink.finished);
    CHECK(world[2].sink.name() == name_of(number));
    CHECK((world[2].sink.bytes() == bytes));
  }
}

TEST_CASE("a transfer goes on where it was after its connection broke") {
  World world(2, [](LinksOptions& options) {
    quick(options);
    options.write_timeout = 100ms;
  });
  const std::string bytes = snapshot_bytes(4 * kSnapshotChunkBytes + 5);
  std::atomic<int> broken{0};
  const net::Counter& accepted = world[2].loops->counters(0).connections_accepted;
  world[2].sink.before_write = [&](uint64_t offset) {
    if (offset != 2 * kSnapshotChunkBytes || broken.exchange(1) != 0) return;
    const uint64_t before = accepted.value();  // until the sender has given up this connection and made another
    CHECK(poll_until([&] { return accepted.value() > before; }));
  };
  world[1].links->send_snapshot(kTwo, source_of(1, bytes));
  REQUIRE(world[1].listener.await_snapshots(1));
  CHECK(world[1].listener.snapshots().back().second == Index(1001));
  CHECK(broken == 1);
  CHECK(world[2].sink.begun >= 2);
  CHECK((world[2].sink.bytes() == bytes));
}

TEST_CASE("one transfer to a member, two in all; the next may start when one has ended") {
  World world(4, quick);
  Gate gate;
  const std::string bytes = snapshot_bytes(100);
  for (const uint64_t id : {2, 3, 4}) world[id].sink.before_write = [&](uint64_t) { gate.wait(); };
  world[1].links->send_snapshot(kTwo, source_of(1, bytes));
  world[1].links->send_snapshot(kTwo, source_of(2, bytes));
  REQUIRE(world[1].listener.await_snapshots(1));
  CHECK(world[1].listener.snapshots().back() == std::pair(kTwo, std::optional<Index>()));
  world[1].links->send_snapshot(kThree, source_of(3, bytes));
  world[1].links->send_snapshot(kFour, source_of(4, bytes));
  REQUIRE(world[1].listener.await_snapshots(2));
  CHECK(world[1].listener.snapshots().back() == std::pair(kFour, std::optional<Index>()));
  gate.open();
  REQUIRE(world[1].listener.await_snapshots(4));
  world[1].links->send_snapshot(kFour, source_of(5, bytes));
  REQUIRE(world[1].listener.await_snapshots(5));
  CHECK(world[1].listener.snapshots().back() == std::pair(kFour, std::optional(Index(1005))));
}

TEST_CASE("a transfer ends for what the two ends say") {
  struct Case {
    const char* name;
    std::function<void(KeepingSink&, TextSource&)> prepare;
    bool sent;
  };
  const std::vector<Case> cases = {
      {"nothing is wrong", [](KeepingSink&, TextSource&) {}, true},
      {"the member has all that",
       [](KeepingSink& sink, TextSource&) {
         sink.begin_error = Error{Code::kAlreadyExists, "has it"};
       },
       true},
      {"the member is busy for too long",
       [](KeepingSink& sink, TextSource&) {
         sink.begin_error = Error{Code::kUnavailable, "installing"};
       },
       false},
      {"of an older term",
       [](KeepingSink& sink, TextSource&) {
         sink.begin_error = Error{Code::kInvalidArgument, "old"};
       },
       false},
      {"damaged on the whole",
       [](KeepingSink& sink, TextSource&) {
         sink.finish_error = Error{Code::kCorrupt, "damaged"};
       },
       false},
      {"the disk of the member is full",
       [](KeepingSink& sink, TextSource&) {
         sink.finish_error = Error{Code::kNoSpace, "full"};
       },
       false},
      {"our own disk fails", [](KeepingSink&, TextSource& source) { source.fail_at = kSnapshotChunkBytes; }, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    World world(2, quick);
    auto source = source_of(1, snapshot_bytes(2 * kSnapshotChunkBytes));
    c.prepare(world[2].sink, *source);
    world[1].links->send_snapshot(kTwo, std::move(source));
    REQUIRE(world[1].listener.await_snapshots(1));
    CHECK(world[1].listener.snapshots().back().second.has_value() == c.sent);
  }
}

TEST_CASE("a snapshot to nobody, or to someone who cannot be reached, fails") {
  LinksOptions options = options_of(1);
  quick(options);
  Member one(options);
  one.links->send_snapshot(kTwo, source_of(1, "x"));
  CHECK(one.listener.await_snapshots(1));
  one.links->set_peers({{kTwo, {"http://127.0.0.1:1", "nonsense"}}});
  one.links->send_snapshot(kTwo, source_of(2, "x"));
  REQUIRE(one.listener.await_snapshots(2));
  for (const auto& [to, index] : one.listener.snapshots()) CHECK_FALSE(index);
}

// Asks of the port of member 1 what a sender would, as member 2.
HttpReply ask(HttpClient& client, const std::string& query, const std::string& body,
              const std::string& checksum = "0") {
  HttpRequest request;
  request.method = "POST";
  request.target = "/viaduct/peer/snapshot?" + query;
  request.headers = greeting_headers(options_of(2).identity, kOne);
  request.headers.emplace_back("X-Viaduct-Snapshot", "1-3e9-3-4");
  request.headers.emplace_back("X-Viaduct-CRC32C", checksum);
  request.body = body;
  return client.send(request);
}

TEST_CASE("the receiving end refuses what is damaged, elsewhere, too large or without sense") {
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  HttpClient client(one.peer().urls[0]);
  const std::string sum = to_hex(crc32c(0, "chunk"));
  CHECK(ask(client, "do=write&at=0", "chunk", sum).status == 412);  // not begun
  CHECK(ask(client, "do=begin", "").body == "0");
  CHECK(ask(client, "do=write&at=0", "chunK", sum).status == 400);
  CHECK(ask(client, "do=write&at=5", "chunk", sum).status == 412);
  CHECK(ask(client, "do=write&at=0", "chunk", sum).body == "5");
  CHECK(ask(client, "do=begin", "").body == "5");
  const std::string largest(kSnapshotChunkBytes, 'x');
  CHECK(ask(client, "do=write&at=5", largest, to_hex(crc32c(0, largest))).status == 200);
  CHECK(ask(client, "do=write&at=5", largest + "x", "0").status == 413);
  HttpClient again(one.peer().urls[0]);
  for (const char* query : {"", "do=dance", "do=write", "do=write&at=x", "do=write&at=-1", "do=begin&at=0"}) {
    CAPTURE(query);
    CHECK(ask(again, query, "").status == 400);
  }
  CHECK(ask(again, "do=write&at=0", "", "x").status == 400);
  one.listener.set_standing(kTwo, Standing::kRemoved);
  CHECK(ask(again, "do=begin", "").status == 410);
}

TEST_CASE("a transfer to a member that is taken away fails at once, and no other does") {
  World world(3, quick);
  Gate gate;
  const std::string bytes = snapshot_bytes(3 * kSnapshotChunkBytes);
  for (const uint64_t id : {2, 3}) world[id].sink.before_write = [&](uint64_t) { gate.wait(); };
  world[1].links->send_snapshot(kTwo, source_of(1, bytes));
  world[1].links->send_snapshot(kThree, source_of(2, bytes));
  world[1].links->set_peers({world[3].peer()});
  REQUIRE(world[1].listener.await_snapshots(1));
  CHECK(world[1].listener.snapshots().back() == std::pair(kTwo, std::optional<Index>()));
  gate.open();
  REQUIRE(world[1].listener.await_snapshots(2));
  CHECK(world[1].listener.snapshots().back() == std::pair(kThree, std::optional(Index(1002))));
}

TEST_CASE("links end at once in the middle of a transfer") {
  World world(2, [](LinksOptions& options) { options.snapshot_bytes_per_second = 1; });
  Gate gate;
  world[2].sink.before_write = [&](uint64_t) { gate.wait(); };
  world[1].links->send_snapshot(kTwo, source_of(1, snapshot_bytes(3 * kSnapshotChunkBytes)));
  gate.await_someone();
  const auto stopping = std::chrono::steady_clock::now();
  world[1].links->stop();
  CHECK(std::chrono::steady_clock::now() - stopping < 1s);
  gate.open();
}

}  // namespace
}  // namespace viaduct::peer
