#include "peer/links.h"

#include "test/peer/world.h"
#include "test/support/temporary_directory.h"

namespace viaduct::peer {
namespace {

using namespace std::chrono_literals;

constexpr MemberId kOne(1);
constexpr MemberId kTwo(2);
constexpr MemberId kThree(3);

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

const raft::AppendRequest* append_in(const Frame& frame) {
  const auto* raft = std::get_if<RaftFrame>(&frame);
  return raft ? std::get_if<raft::AppendRequest>(&raft->message.body) : nullptr;
}

TEST_CASE("each stream keeps the order in which it was given frames") {
  World world(3);
  for (uint64_t i = 1; i <= 1000; ++i) {
    for (const MemberId to : {kTwo, kThree}) {
      world[1].links->send(to, ReadIndexRequest{i});
      world[1].links->send(to, ForwardedCommand{i, Term(1), EntryType::kCommand, "x"});
    }
  }
  for (const uint64_t id : {2, 3}) {
    CAPTURE(id);
    REQUIRE(world[id].listener.await_frames(kOne, 2000));
    uint64_t token = 0, command = 0;
    for (const Frame& frame : world[id].listener.take_frames(kOne)) {
      if (const auto* read = std::get_if<ReadIndexRequest>(&frame)) CHECK(read->token == ++token);
      if (const auto* forwarded = std::get_if<ForwardedCommand>(&frame)) CHECK(forwarded->id == ++command);
    }
    CHECK(token == 1000);
    CHECK(command == 1000);
  }
  CHECK(world[1].listener.times_dropped(kTwo) == 0);
}

TEST_CASE("large entries arrive whole, and hold up no heartbeat") {
  World world(2);
  for (uint64_t i = 0; i < 20; ++i) world[1].links->send(kTwo, append_of(1, 2, 1, 1'500'000, i));
  world[1].links->send(kTwo, heartbeat_of(1, 2, 1));
  REQUIRE(world[2].listener.await_frames(kOne, 21));
  uint64_t appends = 0;
  for (const Frame& frame : world[2].listener.take_frames(kOne)) {
    if (const auto* append = append_in(frame)) {
      CHECK(append->previous.index.value == appends++);
      CHECK(append->entries.at(0)->data == std::string(1'500'000, 'x'));
    }
  }
  CHECK(appends == 20);
  const PeerFigures figures = world[1].figures_of(kTwo);
  CHECK(figures.appends_sent == 20);
  CHECK(figures.bytes_sent > 30'000'000);
  CHECK(figures.latency_min > 0ns);
  CHECK(figures.latency_max >= figures.latency_min);
  CHECK(world[2].figures_of(kOne).bytes_received >= figures.bytes_sent);
  CHECK(world[2].figures_of(kOne).appends_received == 20);
}

TEST_CASE("a member that went is gone at once, once, and connected again when it is back") {
  World world(3);
  for (int round = 1; round <= 3; ++round) {
    CAPTURE(round);
    const auto leaving = now();
    world[2].leave();
    for (const uint64_t other : {1, 3}) {
      REQUIRE(world[other].listener.await_gone(kTwo, round));
      CHECK(world[other].listener.gone_at() - leaving < 500ms);
      CHECK_FALSE(world[other].figures_of(kTwo).connected);
      world[other].links->send(kTwo, ReadIndexRequest{1});
      CHECK(world[other].listener.await_dropped(kTwo));
    }
    world.restart(2);
    world[1].links->send(kTwo, ReadIndexRequest{2});
    REQUIRE(world[2].listener.await_frames(kOne, 1));
    CHECK(std::get<ReadIndexRequest>(world[2].listener.take_frames(kOne).at(0)).token == 2);
    for (const uint64_t other : {1, 3}) CHECK(world[other].listener.times_gone(kTwo) == round);
  }
  CHECK(world[1].listener.times_gone(kThree) == 0);
}

TEST_CASE("a member whose own streams end but who can be dialled is not gone") {
  World world(2);
  world[2].links->stop();
  REQUIRE(poll_until([&] { return !world[1].figures_of(kTwo).connected; }));
  world[1].links->send(kTwo, ReadIndexRequest{1});
  CHECK(world[2].listener.await_frames(kOne, 1));
  CHECK(world[1].listener.times_gone(kTwo) == 0);
}

TEST_CASE("a new incarnation takes the place of the old one") {
  World world(2);
  LinksOptions reborn = options_of(2);
  reborn.identity.incarnation += 1;
  world[2].leave();
  Member again(reborn);
  again.listener.set_standing(kOne, Standing::kMember);
  again.links->set_peers({world[1].peer()});
  world[1].links->set_peers({again.peer()});
  REQUIRE(again.await_connected(kOne));
  again.links->send(kOne, ReadIndexRequest{5});
  REQUIRE(world[1].listener.await_frames(kTwo, 1));
  again.links->send(kOne, heartbeat_of(2, 1, 1));  // of the old incarnation
  again.links->send(kOne, ReadIndexRequest{6});
  REQUIRE(world[1].listener.await_frames(kTwo, 2));
  CHECK(std::holds_alternative<ReadIndexRequest>(world[1].listener.take_frames(kTwo).at(1)));
  CHECK(world[1].port->counters().misdirected.value() == 1);
}

TEST_CASE("of two processes of one member the newer has the streams, however often the older one asks for them") {
  World world(2);
  LinksOptions twin = options_of(2);
  twin.identity.incarnation += 1;
  Member other(twin);
  other.listener.set_standing(kOne, Standing::kMember);
  other.links->set_peers({world[1].peer()});
  const auto& refused = world[1].port->counters().older_incarnations;
  REQUIRE(poll_until([&] { return refused.value() >= 3; }));  // its streams have ended by now
  world[1].listener.take_frames(kTwo);
  world[2].links->send(kOne, ForwardedCommand{8, Term(1), EntryType::kCommand, "x"});
  std::vector<Frame> came;
  CHECK(poll_until([&] {
    other.links->send(kOne, ForwardedCommand{9, Term(1), EntryType::kCommand, "x"});
    std::ranges::move(world[1].listener.take_frames(kTwo), std::back_inserter(came));
    return refused.value() >= 6 && !came.empty();
  }));
  for (const Frame& frame : came) CHECK(std::get<ForwardedCommand>(frame).id == 9);
  CHECK(world[2].listener.await_superseded(twin.identity.incarnation));
  CHECK_FALSE(other.listener.is_superseded());
}

TEST_CASE("who does not belong is refused, counted, and told why") {
  struct Case {
    const char* name;
    uint64_t cluster;
    MemberId dialled;  // whom the caller takes member 1 for
    Standing standing;
    net::Counter PortCounters::*counter;
    bool self_removed;
  };
  for (const Case& c : {
           Case{"of another cluster", 0xc2, kOne, Standing::kMember, &PortCounters::wrong_cluster, false},
           Case{"meant for another member", 0xc1, kThree, Standing::kMember, &PortCounters::wrong_receiver, false},
           Case{"no member", 0xc1, kOne, Standing::kUnknown, &PortCounters::unknown_members, false},
           Case{"removed", 0xc1, kOne, Standing::kRemoved, &PortCounters::removed_members, true},
       }) {
    CAPTURE(c.name);
    Member one(options_of(1));
    Member two(options_of(2, c.cluster));
    one.listener.set_standing(kTwo, c.standing);
    two.links->set_peers({{c.dialled, one.peer().urls}});
    CHECK(poll_until([&] { return (one.port->counters().*c.counter).value() >= 2; }));
    if (c.self_removed) CHECK(two.listener.await_self_removed());
    two.links->send(c.dialled, ReadIndexRequest{1});
    CHECK(two.listener.await_dropped(c.dialled));
    CHECK(one.listener.take_frames(kTwo).empty());
    CHECK(one.port->counters().handshakes.value() == 0);
  }
}

TEST_CASE("members of one machine may be linked over unix sockets") {
  const TemporaryDirectory directory;
  Member one(options_of(1), directory.path() + "/one", "unix"), two(options_of(2), directory.path() + "/two", "unix");
  one.listener.set_standing(kTwo, Standing::kMember);
  two.listener.set_standing(kOne, Standing::kMember);
  one.links->set_peers({two.peer()});
  two.links->set_peers({one.peer()});
  REQUIRE(one.await_connected(kTwo));
  REQUIRE(two.await_connected(kOne));
  one.links->send(kTwo, append_of(1, 2, 3, 100'000, 0));
  two.links->send(kOne, ReadIndexRequest{4});
  REQUIRE(two.listener.await_frames(kOne, 1));
  CHECK(append_in(two.listener.take_frames(kOne)[0])->entries.size() == 3);
  CHECK(one.listener.await_frames(kTwo, 1));
  two.leave();
  CHECK(poll_until([&] { return one.listener.times_gone(kTwo) == 1; }));  // the socket refuses, or is no more
}

TEST_CASE("a stranger is linked to at the addresses it gives, until it is a member or known to be none") {
  const TemporaryDirectory directory;
  LinksOptions options = options_of(2);
  options.identity.advertised_urls = {"unix://" + directory.path() + "/two"};
  for (const Standing later : {Standing::kMember, Standing::kUnknown, Standing::kRemoved}) {
    CAPTURE(static_cast<int>(later));
    Member one(options_of(1)), two(options, directory.path() + "/two", "unix");
    one.listener.set_standing(kTwo, Standing::kStranger);
    two.listener.set_standing(kOne, Standing::kMember);
    two.links->set_peers({one.peer()});
    REQUIRE(one.await_connected(kTwo));
    one.links->set_peers({});  // what it applies does not name it yet
    two.links->send(kOne, ReadIndexRequest{4});
    one.links->send(kTwo, ReadIndexRequest{5});
    CHECK(one.listener.await_frames(kTwo, 1));
    CHECK(two.listener.await_frames(kOne, 1));

    one.listener.set_standing(kTwo, later);
    if (later == Standing::kMember) {
      one.links->set_peers({two.peer()});
      one.links->set_peers({two.peer()});
      CHECK(one.figures_of(kTwo).connected);
      one.links->set_peers({});
    } else {
      one.links->set_peers({});
      CHECK(poll_until([&] { return !two.figures_of(kOne).connected; }));
    }
    one.links->send(kTwo, ReadIndexRequest{6});
    CHECK(one.listener.times_dropped(kTwo) == 1);
  }
}

TEST_CASE("an unknown member that is added gets its streams without being asked again") {
  Member one(options_of(1));
  Member two(options_of(2));
  two.listener.set_standing(kOne, Standing::kMember);
  two.links->set_peers({one.peer()});
  REQUIRE(poll_until([&] { return one.port->counters().unknown_members.value() > 0; }));
  one.listener.set_standing(kTwo, Standing::kMember);
  one.links->set_peers({two.peer()});
  CHECK(one.await_connected(kTwo));
  CHECK(two.await_connected(kOne));
}

TEST_CASE("a peer that is taken away is sent nothing more, and one whose URL changes is found") {
  World world(2);
  world[1].links->set_peers({});
  world[1].links->send(kTwo, ReadIndexRequest{1});
  CHECK(world[1].listener.times_dropped(kTwo) == 1);
  CHECK(world[1].figures_of(kTwo).bytes_sent == 0);
  REQUIRE(poll_until([&] { return !world[2].figures_of(kOne).connected; }));
  world[1].links->set_peers({{kTwo, {"http://127.0.0.1:1"}}});
  world[1].links->set_peers({{kTwo, {"http://127.0.0.1:1", world[2].peer().urls[0]}}});
  CHECK(world[2].await_connected(kOne));
}

TEST_CASE("what does not fit is dropped and told once until there was room again, and memory is bounded") {
  LinksOptions options = options_of(1);
  options.queued_bytes[0] = 4 << 20;
  Member one(options);
  Member two(options_of(2));
  two.listener.set_standing(kOne, Standing::kMember);
  one.listener.set_standing(kTwo, Standing::kMember);
  two.links->set_peers({one.peer()});
  one.links->set_peers({two.peer()});
  REQUIRE(one.await_connected(kTwo));
  two.listener.hold();  // its loop stands still in the next received()
  // What the kernel takes makes room for more, for a while.
  size_t sent = 0;
  for (; one.figures_of(kTwo).dropped < 300; ++sent) one.links->send(kTwo, append_of(1, 2, 1, 1'500'000));
  const size_t arrive = sent - 300;
  CHECK(arrive < 40);  // 60 MB: the queue, and what the two kernels keep
  CHECK(one.listener.times_dropped(kTwo) >= 1);
  CHECK(static_cast<size_t>(one.listener.times_dropped(kTwo)) <= arrive + 1);  // it drained in between
  CHECK(one.figures_of(kTwo).appends_failed == 300);
  two.listener.let_go();
  CHECK(two.listener.await_frames(kOne, arrive));
  one.links->send(kTwo, ReadIndexRequest{1});
  CHECK(two.listener.await_frames(kOne, arrive + 1));
}

TEST_CASE("links end at once, whatever they are in the middle of") {
  struct Case {
    const char* name;
    const char* url;
  };
  for (const Case& c :
       {Case{"refused", "http://127.0.0.1:1"}, Case{"a silent host", "http://10.255.255.1:2380"},
        Case{"a name to look up", "http://no-such-host.invalid:2380"}, Case{"a URL without sense", "nonsense"}}) {
    CAPTURE(c.name);
    RecordingListener listener;
    LinksOptions options = options_of(1);
    options.connect_timeout = 60s;
    Links links(options, listener);
    links.set_peers({{kTwo, {c.url}}});
    const auto stopping = now();
    links.stop();
    CHECK(now() - stopping < 1s);
  }
}

}  // namespace
}  // namespace viaduct::peer
