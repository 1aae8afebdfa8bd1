// A store goes on from what another one holds, under its readers (CC-9, RB-23, RB-25).
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "test/store/history_model.h"
#include "test/store/store_copy.h"
#include "test/support/fake_disk.h"

namespace viaduct::store {
namespace {

AppliedState applied(const Store& store) {
  const Store::ReadLock lock(store);
  return store.applied();
}

bool is_as_installed(const Store& store) {
  const Store::ReadLock lock(store);
  return store.is_as_installed();
}

// Both begin with the same entries; `ahead` then has more.
struct TwoMembers {
  TwoMembers() {
    for (StoreFixture* store : {&behind, &ahead}) {
      store->put("/a", "old");
      store->put("/only/old", "1");
    }
  }
  void install(Store::Retire retire = {}) {
    behind.replace_with(copy_of(*ahead, disk, directory.path() + "/" + std::to_string(++installs)), std::move(retire));
  }

  PosixDisk disk;
  TemporaryDirectory directory;
  StoreFixture behind, ahead;
  int installs = 0;
};

}  // namespace

// Known bug: RB-14.
TEST_CASE("a copy of a random store equals it, and says that it is as it came until something is applied") {
  PosixDisk disk;
  for (uint64_t seed = 21; seed < 25; ++seed) {
    CAPTURE(seed);
    TemporaryDirectory directory;
    StoreFixture store(500, 5000);
    HistoryModel model(store, seed);
    for (int round = 0; round < 4; ++round) {
      for (int step = 0; step < 25; ++step) model.step();
      const Numbers numbers = store.numbers();
      if (round > 0)
        store.compact(numbers.compacted_revision.value + 1 +
                      model.random().below(numbers.revision.value - numbers.compacted_revision.value));
      store->compact_some(1 + model.random().below(7));
      Options options;
      options.directory = directory.path() + "/" + std::to_string(round);
      seed_with_copy(*store, disk, options.directory);
      StoreFixture copy(disk, options);
      CHECK(copy->hash() == store->hash());
      CHECK(applied(*copy).index == applied(*store).index);
      CHECK(applied(*copy).chain == applied(*store).chain);
      CHECK(is_as_installed(*copy));
      copy.put("/more", "1");
      CHECK_FALSE(is_as_installed(*copy));
      copy.reopen();
      CHECK_FALSE(is_as_installed(*copy));
    }
  }
}

TEST_CASE("a copy carries the hash over all that was applied") {
  TwoMembers members;
  members.ahead->begin_group();
  members.ahead->commit_group({Index(9), Term(2), {5, 6}, 0xfedcba9876543210});
  members.install();
  CHECK(applied(*members.behind).chain == 0xfedcba9876543210);
  CHECK(applied(*members.behind).index == Index(9));
}

TEST_CASE("a replaced store shows the new state to every read that begins, and its numbers do not fall") {
  TwoMembers members;
  members.ahead.put("/a", "new");
  members.ahead.remove("/only/old");
  members.ahead.transact([](Transaction& t) { t.grant(LeaseId(5), 60); });
  members.ahead.put("/leased", "x", LeaseId(5));
  const uint64_t hash = members.ahead->hash();
  members.install();
  CHECK(members.behind->hash() == hash);
  CHECK(members.behind.value("/a") == "new");
  CHECK_FALSE(members.behind.key("/only/old"));
  CHECK(members.behind.numbers().seq == members.ahead.numbers().seq);
  CHECK(members.behind->sizes().leases == 1);
  CHECK(members.behind.put("/a", "newer")->seq() == members.ahead.numbers().seq.next());
  CHECK(members.behind.value("/a") == "newer");
}

TEST_CASE("leases of a state from another member end when their time comes (RB-07)") {
  TwoMembers members;
  members.ahead.transact([](Transaction& t) { t.grant(LeaseId(5), 60); });
  members.ahead.put("/leased", "x", LeaseId(5));
  members.install();
  CHECK(members.behind->expired(60'999, 10, 10).empty());
  CHECK(members.behind->expired(61'000, 10, 10) == std::vector{LeaseId(5)});
}

TEST_CASE("a snapshot and a copy stay with the state they were made of, which is retired when they are gone") {
  TwoMembers members;
  auto snapshot = *members.behind->snapshot(Revision());
  auto copy = members.behind->copy();
  const AppliedState before = applied(*members.behind);
  members.ahead.put("/a", "new");
  members.ahead.compact(3);
  members.ahead.compact(4);
  members.ahead.clean();
  int retired = 0;
  members.install([&](std::unique_ptr<Store> old) {
    ++retired;
    CHECK(applied(*old).index == before.index);
    old->barrier();
  });
  const std::vector<NodeView> nodes = snapshot->slice(Family::kKey, "", "", 10);
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[0].value.view() == "old");
  CHECK(snapshot->value(nodes[0]).view() == "old");
  CHECK(snapshot->count(Family::kKey, "", "") == 2);
  CHECK(copy->applied().index == before.index);
  CHECK_FALSE(copy->next_rows().empty());
  CHECK(retired == 0);
  snapshot.reset();
  CHECK(retired == 0);
  copy.reset();
  CHECK(retired == 1);
}

// Known bug: RB-23.
TEST_CASE("a second state may follow while the first is still being read (RB-24)") {
  TwoMembers members;
  std::vector<Index> retired;
  const auto retire = [&](std::unique_ptr<Store> old) { retired.push_back(applied(*old).index); };
  auto first = *members.behind->snapshot(Revision());
  members.ahead.put("/a", "2");
  members.install(retire);
  auto second = *members.behind->snapshot(Revision());
  members.ahead.put("/a", "3");
  members.install(retire);
  CHECK(retired.empty());
  CHECK(second->slice(Family::kKey, "/a", "", 1).front().value.view() == "2");
  CHECK(first->slice(Family::kKey, "/a", "", 1).front().value.view() == "old");
  CHECK(members.behind.value("/a") == "3");
  second.reset();
  CHECK(retired == std::vector{Index(3)});
  first.reset();
  CHECK(retired == std::vector{Index(3), Index(2)});
}

TEST_CASE("events that were missed are read from the new state's log, up to its compaction point") {
  TwoMembers members;
  const Seq head = members.behind.numbers().seq;
  const EventPtr missed = members.ahead.put("/a", "2");
  members.ahead.put("/a", "3");
  members.install();
  const std::vector<EventPtr> events = members.behind.events_since(head.next().value);
  REQUIRE(events.size() == 2);
  CHECK(*events[0] == *missed);
  members.ahead.put("/a", "4");
  members.ahead.compact(members.ahead.numbers().revision.value - 1);
  members.install();
  CHECK(members.behind->events_since(head.next(), 10, 10).error().code == Code::kCompacted);
}

// Known bug: RB-68.
TEST_CASE("directories of a state from another member do not vouch for what its history no longer tells") {
  TwoMembers members;
  const Seq head = members.behind.numbers().seq;
  members.ahead.put("/only/gone", "1");
  members.ahead.remove("/only/gone");
  members.ahead.put("/a", "2");
  members.ahead.compact(members.ahead.numbers().revision.value);
  members.ahead.clean();
  members.install();
  CHECK(members.behind.directory("/only")->newest_below > head);
}

TEST_CASE("readers on other threads see one state or the other while it is replaced again and again") {
  TwoMembers members;
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> reads = 0;
  std::thread reader([&] {
    uint64_t last = 0;
    while (!stop) {
      const auto snapshot = *members.behind->snapshot(Revision());
      const uint64_t revision = snapshot->revision().value;
      CHECK(revision >= last);
      last = revision;
      uint64_t newest = 0;
      for (const NodeView& node : snapshot->slice(Family::kKey, "", "", 10)) {
        newest = std::max(newest, node.mod_revision.value);
        CHECK(snapshot->value(node));
      }
      CHECK(newest == revision);
      CHECK(members.behind->events_since(snapshot->seq(), 1, 1));
      ++reads;
    }
  });
  for (int round = 0; round < 20; ++round) {
    members.ahead.put("/a", std::to_string(round));
    members.install([](std::unique_ptr<Store>) {});
    members.behind.put("/only/old", std::to_string(round));
    members.ahead.put("/only/old", std::to_string(round));
    const uint64_t seen = reads;
    while (reads == seen) std::this_thread::yield();
  }
  stop = true;
  reader.join();
}

TEST_CASE("a seed whose disk fails says so, and writes nothing more") {
  FakeDisk disk;
  Result<std::unique_ptr<Seed>> seed = Seed::create(disk, "/state");
  REQUIRE(seed);
  disk.fail_call(1, {Code::kNoSpace, "full"}, FakeDisk::Repeat::kForEver, "write");
  (*seed)->put_empty();
  const Result<void> finished = (*seed)->finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == Code::kNoSpace);
  CHECK((*seed)->status().error().code == Code::kNoSpace);
}

TEST_CASE("on standby a failed write shows in the status; in use it would be fatal") {
  FakeDisk disk;
  StoreFixture store;
  store.put("/a", "1");
  seed_with_copy(*store, disk, "/state");
  Options options;
  options.directory = "/state";
  options.standby = true;
  disk.fail_call(1, {Code::kNoSpace, "full"}, FakeDisk::Repeat::kForEver, "sync /state");
  const Result<std::unique_ptr<Store>> opened = Store::open(disk, options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::kNoSpace);
  disk.stop_failing();
  const Result<std::unique_ptr<Store>> again = Store::open(disk, options);
  REQUIRE(again);
  CHECK((*again)->status());
}

}  // namespace viaduct::store
