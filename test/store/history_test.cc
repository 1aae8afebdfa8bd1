// The store against a plain model: reads at every kept revision, history, compaction and restarts.
#include <doctest/doctest.h>

#include "test/store/history_model.h"

namespace viaduct::store {
namespace {

// The state at a revision, read in slices of random length.
ModelState read_at(StoreFixture& store, uint64_t revision, Random& random) {
  Result<std::unique_ptr<Store::Snapshot>> snapshot = store->snapshot(Revision(revision));
  REQUIRE(snapshot);
  ModelState state;
  for (const Family family : {Family::kKey, Family::kDirectory}) {
    std::string from;
    for (;;) {
      const size_t limit = 1 + random.below(6);
      const std::vector<NodeView> nodes = (*snapshot)->slice(family, from, "", limit);
      for (const NodeView& node : nodes) {
        if (node.id) state[{family, node.key}] = model_node(node);  // all but the root
      }
      if (nodes.size() < limit) break;
      from = nodes.back().key + '\0';
    }
  }
  return state;
}

void check_reads(StoreFixture& store, HistoryModel& model) {
  const Numbers numbers = store.numbers();
  for (const auto& [revision, state] : model.states()) {
    if (revision < numbers.compacted_revision.value) {
      CHECK(store->snapshot(Revision(revision)).error().code == Code::kCompacted);
      continue;
    }
    CAPTURE(revision);
    REQUIRE(read_at(store, revision, model.random()) == state);
  }
  CHECK(store->snapshot(numbers.revision.next()).error().code == Code::kFutureRevision);
}

void check_tree(StoreFixture& store, const HistoryModel& model) {
  const Store::ReadLock lock(*store);
  const uint64_t forgotten = store->numbers().state_seq.value;
  store->scan(Family::kDirectory, "", "", [&](const Entry& entry) {
    const std::string path(entry.key());
    CAPTURE(path);
    CHECK(entry.children() == model.children(path));
    // Whether a change that history lost counts is not promised.
    CHECK(std::max(entry.newest_below().value, forgotten) == std::max(model.newest_below(path), forgotten));
    return true;
  });
}

void check_events(StoreFixture& store, const HistoryModel& model) {
  const uint64_t compacted = store.numbers().compacted_seq.value;
  const std::vector<EventPtr> events = store.events_since(compacted + 1);
  size_t i = 0;
  for (const EventPtr& live : model.all_events()) {
    if (live->seq().value <= compacted) continue;
    CAPTURE(live->seq().value);
    REQUIRE(i < events.size());
    REQUIRE(*events[i++] == *live);
  }
  CHECK(i == events.size());
  if (compacted) CHECK(store->events_since(Seq(compacted), 1, 1).error().code == Code::kCompacted);
}

uint64_t first_seq_of(StoreFixture& store, uint64_t revision) {
  const Store::ReadLock lock(*store);
  return store->first_seq(Revision(revision)).value;
}

uint64_t count_records(StoreFixture& store) {
  const Store::Sizes sizes = store->sizes();
  return sizes.record_bytes;
}

}  // namespace

TEST_CASE("reads at every kept revision, events and counts are those of the model, whatever is in memory") {
  struct Case {
    const char* name;
    uint64_t value_cache_bytes, recent_events_bytes;
  };
  uint64_t seed = 1;
  for (const Case& c :
       {Case{"all in memory", 1 << 20, 1 << 20}, Case{"all on disk", 0, 0}, Case{"some of it", 300, 3000}}) {
    CAPTURE(c.name);
    StoreFixture store(c.value_cache_bytes, c.recent_events_bytes);
    HistoryModel model(store, seed++);
    for (int round = 0; round < 6; ++round) {
      for (int step = 0; step < 25; ++step) model.step();
      check_reads(store, model);
      check_events(store, model);
      check_tree(store, model);
      CHECK(store->sizes().shadowed_keys == model.shadowed());
      CHECK(store->sizes().live_keys + store->sizes().directories == model.now().size() + 1);
    }
  }
}

TEST_CASE("compaction keeps every later read and event, before, while and after it cleans up") {
  for (const uint64_t seed : {11, 12, 13}) {
    CAPTURE(seed);
    StoreFixture store(500, 5000);
    HistoryModel model(store, seed);
    for (int round = 0; round < 8; ++round) {
      for (int step = 0; step < 15; ++step) model.step();
      const Numbers numbers = store.numbers();
      const uint64_t kept = numbers.revision.value - numbers.compacted_revision.value;
      if (kept == 0) continue;
      store.compact(numbers.compacted_revision.value + 1 + model.random().below(kept));
      const uint64_t hash = store->hash();
      check_reads(store, model);
      while (store->compact_some(1 + model.random().below(7))) {
        REQUIRE(store->hash() == hash);
        if (model.random().below(4) == 0) store.reopen();
        check_events(store, model);
      }
      check_reads(store, model);
      check_events(store, model);
      check_tree(store, model);
    }
  }
}

// Known bugs: RB-15, RB-21.
TEST_CASE("a restart changes nothing: at no step, and no more than the cleaning has done") {
  StoreFixture store(200, 1000);
  HistoryModel model(store, 21);
  for (int step = 0; step < 120; ++step) {
    model.step();
    if (step % 20 == 19) store.compact(store.numbers().revision.value - 5);
    if (step % 7 == 0) store->compact_some(2);
    const uint64_t hash = store->hash();
    const Store::Sizes before = store->sizes();
    store.reopen();
    REQUIRE(store->hash() == hash);
    const Store::Sizes after = store->sizes();
    CHECK(after.record_bytes == before.record_bytes);
    CHECK(after.live_keys == before.live_keys);
    CHECK(after.directories == before.directories);
    CHECK(after.shadowed_keys == before.shadowed_keys);
    check_tree(store, model);
  }
  check_reads(store, model);
  check_events(store, model);
}

TEST_CASE("two stores that applied the same have the same hash, however they grouped it and cleaned up") {
  StoreFixture one, other(0, 0);
  HistoryModel model_one(one, 31), model_other(other, 31);
  for (int step = 0; step < 60; ++step) {
    model_one.step();
    model_other.step();
    if (step == 40) {
      one.compact(20);
      other.compact(20);
      one.clean();
    }
    REQUIRE(one->hash() == other->hash());
  }
  model_one.step();
  one.put("/differs", "1");
  CHECK(one->hash() != other->hash());
}

TEST_CASE("compaction leaves one record of each living name, and nothing of the dead") {
  StoreFixture store;
  store.put("/a/x", "1");  // revision 2
  store.put("/a/x", "2");
  store.put("/gone", "1");
  store.remove("/gone");
  store.put("/a/x", "3");  // revision 6
  store.put("/a/x", "4");
  const uint64_t all = count_records(store);
  store.compact(6);
  CHECK(count_records(store) == all);
  store.clean();
  CHECK(count_records(store) < all);
  CHECK(store.numbers().compacted_seq == Seq(8));
  CHECK(store->load_record({Seq(4), 1})->key == "/a");
  for (const uint64_t seq : {4, 5, 6, 7}) CHECK_FALSE(store->load_record({Seq(seq), 0}));
  CHECK(store->load_record({Seq(8), 0})->value.view() == "3");      // the state at 6
  CHECK(store.events_since(9).front()->prev->value.view() == "3");  // N7
}

// Known bug: RB-14.
TEST_CASE("what happened in the compacted revision is known until the next compaction, also after a restart") {
  StoreFixture store;
  store.put("/a", "1");
  store.put("/b", "1");
  store.transact([](Transaction& t) {  // revision 4
    StoreFixture::append_delete(t, Family::kKey, "/a");
    StoreFixture::append_put(t, "/b", "2");
  });
  store.compact(4);
  store.clean();
  CHECK(store.numbers().compacted_seq == Seq(7));
  for (const bool reopened : {false, true}) {
    CAPTURE(reopened);
    if (reopened) store.reopen();
    CHECK(first_seq_of(store, 4) == 6);
    const auto events = store->events_since(Seq(6), 10, 1000, Store::Reach::kCompactedToo);
    REQUIRE(events);
    REQUIRE(events->size() == 2);
    CHECK((*events)[0]->record.tombstone);
    CHECK((*events)[1]->record.value.view() == "2");
    for (const uint64_t seq : {4, 5}) CHECK_FALSE(store->load_record({Seq(seq), 0}));  // what they replaced
    CHECK(store->events_since(Seq(5), 1, 1, Store::Reach::kCompactedToo).error().code == Code::kCompacted);
    CHECK(store->events_since(Seq(7), 1, 1).error().code == Code::kCompacted);
  }
  store.put("/c", "1");
  store.compact(5);
  store.clean();
  CHECK_FALSE(store->load_record({Seq(6), 0}));
  CHECK(store->load_record({Seq(7), 0})->value.view() == "2");
}

TEST_CASE("compaction refuses what is compacted or not there yet, and ends with the last event of its revision") {
  StoreFixture store;
  const auto attempt = [&](uint64_t revision) {
    store->begin_group();
    const Result<void> result = store->compact(Revision(revision));
    store.commit();
    return result ? std::string("ok") : result.error().code == Code::kCompacted ? "compacted" : "future";
  };
  CHECK(attempt(2) == "future");
  CHECK(store.numbers().compacted_or_none() == -1);
  CHECK(attempt(0) == "ok");  // once, and nothing goes
  CHECK(store.numbers().compacted_or_none() == 0);
  CHECK(store.numbers().compacted_seq == Seq(0));
  store.reopen();
  CHECK(attempt(0) == "compacted");
  CHECK(attempt(1) == "ok");  // an empty store
  CHECK(store.numbers().compacted_seq == Seq(3));
  CHECK(attempt(1) == "compacted");
  store.transact([](Transaction& t) {
    for (const char* key : {"/x/1", "/x/2", "/x/3"}) StoreFixture::append_put(t, key, "v");
  });
  store.put("/y", "v");
  CHECK(attempt(2) == "ok");
  CHECK(store.numbers().compacted_seq == Seq(6));
  CHECK(store.events_since(7).size() == 1);
}

TEST_CASE("a compaction in the group that wrote its revision sees the group's own events") {
  StoreFixture store;
  store->begin_group();
  for (const char* key : {"/a", "/b", "/c"}) {
    Transaction t = store->begin(store.stamp, "");
    StoreFixture::append_put(t, key, "v");
  }
  REQUIRE(store->compact(Revision(3)));
  store.commit();
  CHECK(store.numbers().compacted_seq == Seq(5));
  store.clean();
  CHECK(store.value("/a") == "v");
}

// Known bug: RB-35.
TEST_CASE("a snapshot holds off the cleaning of what it reads, and no more") {
  StoreFixture store;
  store.put("/a", "1");
  store.put("/a", "2");  // revision 3
  {
    Result<std::unique_ptr<Store::Snapshot>> snapshot = store->snapshot(Revision(3));
    REQUIRE(snapshot);
    CHECK((*snapshot)->seq() == Seq(5));
    store.put("/a", "3");
    store.remove("/a");
    store.compact(5);
    store.clean();
    CHECK_FALSE(store->load_record({Seq(4), 0}));  // below the snapshot
    const std::vector<NodeView> nodes = (*snapshot)->slice(Family::kKey, "", "", 10);
    REQUIRE(nodes.size() == 1);
    CHECK(nodes[0].value.view() == "2");
    CHECK(nodes[0].mod_revision == Revision(3));
    CHECK(store->snapshot(Revision(3)).error().code == Code::kCompacted);
  }
  store.clean();
  for (const uint64_t seq : {5, 6}) CHECK_FALSE(store->load_record({Seq(seq), 0}));
  CHECK(store->load_record({Seq(7), 0})->tombstone);
}

TEST_CASE("a snapshot and a record look-up find what the open group has not written yet") {
  StoreFixture store(0, 0);
  store->begin_group();
  for (const char* value : {"1", "2"}) {
    Transaction t = store->begin(store.stamp, "");
    StoreFixture::append_put(t, "/a/b", value);
  }
  CHECK(store->load_value({Seq(4), 0}).view() == "1");
  CHECK(store->load_record({Seq(4), 1})->key == "/a");
  CHECK_FALSE(store->load_record({Seq(4), 2}));
  Result<std::unique_ptr<Store::Snapshot>> snapshot = store->snapshot(Revision(2));
  REQUIRE(snapshot);
  CHECK((*snapshot)->slice(Family::kKey, "", "", 1)[0].value.view() == "1");
  CHECK(store.events_since(4).empty());  // not until the group is committed
  CHECK(store.commit().size() == 2);
  CHECK(store.events_since(4).size() == 2);
}

TEST_CASE("events come within both bounds, but at least one") {
  for (const uint64_t recent_bytes : {uint64_t{0}, uint64_t{1} << 20}) {
    CAPTURE(recent_bytes);
    StoreFixture store(1 << 20, recent_bytes);
    for (int i = 0; i < 5; ++i) store.put("/a", std::to_string(i));
    struct Case {
      uint64_t from;
      size_t max_events, max_bytes, count;
    };
    for (const Case& c : {Case{4, 10, 1 << 20, 5}, Case{6, 10, 1 << 20, 3}, Case{4, 2, 1 << 20, 2}, Case{4, 10, 1, 1},
                          Case{8, 10, 1 << 20, 1}, Case{9, 10, 1 << 20, 0}, Case{100, 10, 1 << 20, 0}}) {
      CAPTURE(c.from);
      const Result<std::vector<EventPtr>> events = store->events_since(Seq(c.from), c.max_events, c.max_bytes);
      REQUIRE(events);
      REQUIRE(events->size() == c.count);
      for (size_t i = 0; i < c.count; ++i) CHECK((*events)[i]->seq().value == c.from + i);
    }
  }
}

}  // namespace viaduct::store
