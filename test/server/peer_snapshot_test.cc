// A member's whole state, from its store through the stream into another member's (CC-8, CC-9, RF-9).
#include <doctest/doctest.h>

#include "test/server/snapshot_world.h"

namespace viaduct::server {
namespace {

using Names = std::vector<std::string>;

std::vector<std::string> chunks_of(peer::SnapshotSource& source) {
  std::vector<std::string> chunks;
  for (;;) {
    Result<std::string> chunk = source.next();
    REQUIRE(chunk);
    if (chunk->empty()) return chunks;
    CHECK(chunk->size() <= peer::kSnapshotChunkBytes);
    chunks.push_back(*std::move(chunk));
  }
}

}  // namespace

TEST_CASE("the state arrives as it was when the source was made, whatever is written meanwhile") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.transact([](store::Transaction& t) { t.grant(LeaseId(5), 60); });
  world.leader.put("/big", std::string(3 << 20, 'b'));
  for (int i = 0; i < 3000; ++i) world.leader.put("/k" + std::to_string(i % 700), std::string(1000, 'v'));
  world.leader.compact(1000);
  const uint64_t hash = world.leader->hash();
  const auto source = world.source();
  CHECK(source->name().index == Index(3004));
  world.leader.put("/later", "1");
  world.leader.clean();
  REQUIRE(world.transfer(*source));
  CHECK(world.member->hash() == hash);
  CHECK(world.member.value("/later") == "(none)");
  CHECK(world.member.value("/big").size() == 3 << 20);
  CHECK(world.directory().path() == "/data/state.1");
  CHECK(*disk.list("/data") == Names{"state.1", "state.current"});
  world.member.put("/goes/on", "1");
  CHECK(world.member.value("/goes/on") == "1");
}

TEST_CASE("one snapshot after another is installed, each beside the one before (RB-24)") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  for (uint64_t number = 1; number <= 3; ++number) {
    world.leader.put("/a", std::to_string(number));
    REQUIRE(world.transfer(*world.source(number)));
    CHECK(world.member.value("/a") == std::to_string(number));
    CHECK(world.directory().path() == "/data/state." + std::to_string(number));
  }
  CHECK(*disk.list("/data") == Names{"state.3", "state.current"});
}

TEST_CASE("the old state's files stay as long as somebody reads it") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  auto reader = *world.member->snapshot(Revision());
  world.leader.put("/a", "new");
  REQUIRE(world.transfer(*world.source()));
  CHECK(*disk.list("/data") == Names{"state", "state.1", "state.current"});
  CHECK(reader->slice(store::Family::kKey, "/a", "", 1).front().value.view() == "old");
  reader.reset();
  CHECK(*disk.list("/data") == Names{"state.1", "state.current"});
}

TEST_CASE("a transfer goes on where it broke off") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", std::string(2 << 20, 'n'));
  const auto source = world.source();
  const peer::SnapshotName name = source->name();
  const std::vector<std::string> chunks = chunks_of(*source);
  REQUIRE(chunks.size() > 2);
  CHECK(*world.sink().begin(name) == 0);
  uint64_t offset = *world.sink().write(name, 0, chunks[0]);
  CHECK(*world.sink().begin(name) == offset);
  for (const uint64_t wrong : {uint64_t{0}, offset - 1, offset + 1}) {
    CHECK(world.sink().write(name, wrong, chunks[1]).error().code == Code::kInvalidArgument);
  }
  for (size_t i = 1; i < chunks.size(); ++i) offset = *world.sink().write(name, offset, chunks[i]);
  CHECK(*world.sink().begin(name) == offset);
  REQUIRE(world.sink().finish(name));
  CHECK(world.member->hash() == world.leader->hash());
}

TEST_CASE("a newer snapshot ends the transfer of an older one, and an older one waits") {
  struct Case {
    const char* name;
    uint64_t number;
    Term term;
    bool further;
    bool wins;
  };
  for (const Case& c :
       {Case{"of a newer leader", 1, Term(3), false, true}, Case{"further on", 1, Term(2), true, true},
        Case{"begun again", 2, Term(2), false, true}, Case{"of an older leader", 9, Term(1), true, false}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    make_data_directory(disk);
    SnapshotWorld world(disk);
    world.leader.put("/a", "new");
    const auto first = world.source(1, Term(2));
    REQUIRE(world.sink().begin(first->name()));
    REQUIRE(world.sink().write(first->name(), 0, *first->next()));
    if (c.further) world.leader.put("/a", "newer");
    auto next = world.source(c.number, c.term);
    const Result<uint64_t> begun = world.sink().begin(next->name());
    if (!c.wins) {
      CHECK(begun.error().code == Code::kUnavailable);
      CHECK(*world.sink().begin(first->name()) > 0);
      continue;
    }
    REQUIRE(begun);
    CHECK(*begun == 0);
    CHECK(world.sink().write(first->name(), 0, "x").error().code == Code::kInvalidArgument);
    CHECK(world.sink().finish(first->name()).error().code == Code::kInvalidArgument);
    CHECK(world.transfer(*next));
  }
}

TEST_CASE("what the node does not want is not begun, and nothing is left of what it declines at the end") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", "new");
  world.admission = Error{Code::kAlreadyExists, "here already"};
  CHECK(world.transfer(*world.source()).error().code == Code::kAlreadyExists);
  world.admission = {};
  world.refusal = Error{Code::kAlreadyExists, "here already"};
  CHECK(world.transfer(*world.source()).error().code == Code::kAlreadyExists);
  CHECK(*disk.list("/data") == Names{"state"});
  CHECK(world.member.value("/a") == "old");
}

TEST_CASE("a transfer that broke off is given up once nobody can go on with it, not before") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", "new");
  world.sink().tidy();
  const auto source = world.source();
  REQUIRE(world.sink().begin(source->name()));
  const uint64_t offset = *world.sink().write(source->name(), 0, *source->next());
  world.sink().tidy();
  CHECK(*world.sink().begin(source->name()) == offset);
  world.admission = Error{Code::kAlreadyExists, "it came by the log"};
  world.sink().tidy();
  CHECK(*disk.list("/data") == Names{"state"});
  world.admission = {};
  CHECK(world.sink().write(source->name(), offset, "x").error().code == Code::kInvalidArgument);
  CHECK(world.transfer(*world.source(2)));
}

TEST_CASE("while a snapshot is installed it is not given up, though it is not wanted any more") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", "new");
  world.before_switch = [&] {
    world.admission = Error{Code::kAlreadyExists, "it comes just now"};
    world.sink().tidy();
  };
  REQUIRE(world.transfer(*world.source()));
  CHECK(world.member.value("/a") == "new");
}

TEST_CASE("nothing else is taken while a snapshot is installed") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", "new");
  const auto source = world.source(), next = world.source(2);
  bool asked = false;
  world.before_switch = [&] {
    asked = true;
    CHECK(world.sink().begin(next->name()).error().code == Code::kUnavailable);
    CHECK(world.sink().write(source->name(), 0, "x").error().code == Code::kUnavailable);
    CHECK(world.sink().finish(source->name()).error().code == Code::kUnavailable);
  };
  REQUIRE(world.transfer(*source));
  CHECK(asked);
  CHECK(world.sink().begin(next->name()));
}

TEST_CASE("RB-25: a state that is not what its header says is refused, whatever differs") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", "new");
  peer::SnapshotName name = world.source()->name();
  const auto give = [&](void (*change)(PeerSnapshotHeader&)) -> Result<void> {
    const std::unique_ptr<store::Copy> copy = world.leader->copy();
    const store::AppliedState& applied = copy->applied();
    PeerSnapshotHeader header{kCluster,      applied.index,       applied.term,
                              applied.chain, copy->numbers().seq, copy->numbers().revision};
    change(header);
    PeerSnapshotEncoder encoder;
    std::string bytes = encoder.header(header), body;
    for (const store::Copy::Row& row : copy->next_rows()) encoder.add(body, row.key, row.value);
    bytes += encoder.rows(body);
    bytes += encoder.footer();
    ++name.number;
    name.index = header.index;
    name.term = header.term;
    VIADUCT_TRY(world.sink().begin(name));
    VIADUCT_TRY(world.sink().write(name, 0, bytes));
    return world.sink().finish(name);
  };
  for (const auto change : {+[](PeerSnapshotHeader& header) { header.index = header.index.next(); },
                            +[](PeerSnapshotHeader& header) { header.index = header.index.previous(); },
                            +[](PeerSnapshotHeader& header) { header.term = header.term.next(); },
                            +[](PeerSnapshotHeader& header) { header.chain ^= 1; },
                            +[](PeerSnapshotHeader& header) { header.seq = header.seq.next(); },
                            +[](PeerSnapshotHeader& header) { header.revision = header.revision.next(); }}) {
    const Result<void> refused = give(change);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::kCorrupt);
    CHECK(world.member.value("/a") == "old");
  }
  CHECK(give([](PeerSnapshotHeader&) {}));
  CHECK(world.member.value("/a") == "new");
}

// Known bug: RB-25.
TEST_CASE("a snapshot of another cluster, of another entry than its name says, or damaged is refused") {
  FakeDisk disk;
  make_data_directory(disk);
  SnapshotWorld world(disk);
  world.leader.put("/a", "new");
  peer::SnapshotName name = world.source()->name();
  {
    PeerSnapshotSource foreign(*world.leader, ClusterId(0xd), name);
    CHECK(world.transfer(foreign).error().code == Code::kInvalidArgument);
  }
  std::string bytes;
  for (const std::string& chunk : chunks_of(*world.source())) bytes += chunk;
  const auto give = [&](const std::string& given) -> Result<void> {
    ++name.number;
    VIADUCT_TRY(world.sink().begin(name));
    VIADUCT_TRY(world.sink().write(name, 0, given));
    return world.sink().finish(name);
  };
  name.index = name.index.next();
  CHECK(give(bytes).error().code == Code::kCorrupt);
  name.index = name.index.previous();
  for (size_t at = 0; at < bytes.size(); at += 5) {
    std::string bent = bytes;
    bent[at] ^= 0x20;
    CHECK(give(bent).error().code == Code::kCorrupt);
  }
  CHECK(give(bytes.substr(0, bytes.size() - 1)).error().code == Code::kCorrupt);
  CHECK(world.member.value("/a") == "old");
  CHECK(give(bytes));
  CHECK(world.member.value("/a") == "new");
}

TEST_CASE("a disk that fails at any step leaves the old state, and the next attempt succeeds") {
  for (const char* calls : {"write /data/state.", "sync /data/state.", "create_directory /data/state.", "rename "}) {
    CAPTURE(calls);
    bool switched = false;
    for (uint64_t call = 1; !switched; ++call) {
      CAPTURE(call);
      FakeDisk disk;
      make_data_directory(disk);
      SnapshotWorld world(disk);
      world.leader.put("/a", "new");
      world.after_switch = [&] {
        switched = true;
        disk.stop_failing();
      };
      disk.fail_call(call, {Code::kNoSpace, "full"}, FakeDisk::Repeat::kForEver, calls);
      const Result<void> installed = world.transfer(*world.source());
      disk.stop_failing();
      CHECK(installed.has_value() == switched);
      if (!switched) {
        CHECK(world.member.value("/a") == "old");
        CHECK(world.directory().path() == "/data/state");
        REQUIRE(world.transfer(*world.source(2)));
      }
      CHECK(world.member.value("/a") == "new");
      REQUIRE(call < 100);
    }
  }
}

TEST_CASE("a full disk fails the attempt with its own code, whatever room there was") {
  bool fits = false;
  for (uint64_t room = 0; !fits; room += 20'000) {
    CAPTURE(room);
    FakeDisk disk;
    make_data_directory(disk);
    SnapshotWorld world(disk);
    world.leader.put("/a", std::string(100'000, 'n'));
    disk.set_free_bytes(room);
    const Result<void> installed = world.transfer(*world.source());
    fits = installed.has_value();
    if (!fits) CHECK(installed.error().code == Code::kNoSpace);
    CHECK(world.member.value("/a").size() == (fits ? 100'000 : 3));
    REQUIRE(room < 2'000'000);
  }
}

}  // namespace viaduct::server
