// Power cuts at any moment: what opens again is the state as it was after some applied group, at or above the last
// barrier, whatever compaction was doing.
#include <doctest/doctest.h>

#include <map>

#include "store/store_impl.h"
#include "test/store/history_model.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"

namespace viaduct::store {
namespace {

Options options() {
  Options options;
  options.directory = "/state";
  options.value_cache_bytes = 300;
  options.recent_events_bytes = 0;
  return options;
}

uint64_t applied_index(Store& store) {
  const Store::ReadLock lock(store);
  return store.applied().index.value;
}

void erase_key(Database& database, const std::string& key) {
  Database::Batch batch;
  batch.erase(key);
  database.write(batch);
}

void put(Database& database, const std::string& key, Bytes value) {
  Database::Batch batch;
  batch.put(key, value);
  database.write(batch);
}

}  // namespace

// Known bug: RB-01.
TEST_CASE("after a power cut the store is as it was after one of the groups since the barrier") {
  const QuietLog quiet;  // each cut is a warning
  FakeDisk disk;
  StoreFixture store(disk, options());
  HistoryModel model(store, 41);
  std::map<uint64_t, uint64_t> hashes{{0, store->hash()}};  // by applied index
  uint64_t barrier = 0;
  SeededRandom random(42);
  bool lost_something = false;
  for (int step = 0; step < 150; ++step) {
    model.step();
    hashes[applied_index(*store)] = store->hash();
    if (step % 15 == 14) {
      store.compact(store.numbers().revision.value - 3);
      hashes[applied_index(*store)] = store->hash();
    }
    store->compact_some(1 + random.below(4));
    if (step % 10 == 9) {
      store->barrier();
      barrier = applied_index(*store);
    }

    const std::unique_ptr<FakeDisk> image = disk.crash_image(random);
    Result<std::unique_ptr<Store>> survivor = Store::open(*image, options());
    CAPTURE(step);
    REQUIRE(survivor);
    const uint64_t reached = applied_index(**survivor);
    CAPTURE(reached);
    CHECK(reached >= barrier);
    REQUIRE(hashes.contains(reached));
    CHECK((*survivor)->hash() == hashes[reached]);
    lost_something |= reached < applied_index(*store);
  }
  CHECK(lost_something);
}

TEST_CASE("RB-12: the head stays where it is while its own records are compacted, wherever the power is cut") {
  const QuietLog quiet;
  SeededRandom random(3);
  FakeDisk disk;
  StoreFixture store(disk, options());
  for (const char* key : {"/a", "/b", "/c"}) store.put(key, "1");
  for (const char* key : {"/c", "/a", "/b"}) store.remove(key);
  const Numbers head = store.numbers();
  store.compact(head.revision.value);
  for (bool more = true; more;) {
    store->barrier();
    more = store->compact_some(1);
    for (const bool is_synced : {false, true}) {
      if (is_synced) store->barrier();
      const std::unique_ptr<FakeDisk> image = disk.crash_image(random);
      StoreFixture survivor(*image, options());
      CHECK(survivor.numbers().seq == head.seq);
      CHECK(survivor.numbers().revision == head.revision);
      CHECK(survivor.put("/a", "2")->record.revision == head.revision.next());
    }
  }
}

TEST_CASE("RB-02: cleaning up writes nothing of the group that is open") {
  const QuietLog quiet;
  SeededRandom random(7);
  for (const bool is_synced : {false, true}) {
    CAPTURE(is_synced);
    FakeDisk disk;
    StoreFixture store(disk, options());
    for (int i = 0; i < 5; ++i) store.put("/a", std::to_string(i));
    store.compact(store.numbers().revision.value);
    store->barrier();
    const uint64_t before = store->hash();
    store->begin_group();
    {
      Transaction open = store->begin(store.stamp, "");
      StoreFixture::append_put(open, "/b", "not applied yet");
    }
    CHECK(store->compact_some(2));
    if (is_synced) store->barrier();
    for (int i = 0; i < 20; ++i) {
      const std::unique_ptr<FakeDisk> image = disk.crash_image(random);
      const Result<std::unique_ptr<Store>> survivor = Store::open(*image, options());
      REQUIRE(survivor);
      CHECK((*survivor)->hash() == before);
    }
    store.commit();
  }
}

// Writes the numbers as `change` leaves them.
void renumber(Database& database, void (*change)(Numbers&)) {
  Numbers numbers;
  REQUIRE(decode_numbers(database.get(meta_key(kNumbersRow)).value(), numbers));
  change(numbers);
  put(database, meta_key(kNumbersRow), encode_numbers(numbers));
}

TEST_CASE("a store that lost its middle, its numbers or its format is refused") {
  struct Case {
    const char* name;
    void (*damage)(Database&);
  };
  for (const Case& c :
       {Case{"an event",
             [](Database& d) {
               erase_key(d, log_key({Seq(5), 0}));
             }},
        Case{"a companion",
             [](Database& d) {
               erase_key(d, log_key({Seq(4), 1}));
             }},
        Case{"the newest event",
             [](Database& d) {
               erase_key(d, log_key({Seq(6), 0}));
             }},
        Case{"the numbers", [](Database& d) { erase_key(d, meta_key(kNumbersRow)); }},
        Case{"the applied state", [](Database& d) { erase_key(d, meta_key(kAppliedRow)); }},
        Case{"the format", [](Database& d) { erase_key(d, meta_key(kFormatRow)); }},
        Case{"the lease", [](Database& d) { erase_key(d, lease_key(LeaseId(7))); }},
        Case{"a known format", [](Database& d) { put(d, meta_key(kFormatRow), "\x7f"); }},
        Case{"a v2 root that is a path", [](Database& d) { put(d, meta_key(kV2RootRow), "/a/"); }},
        Case{"readable numbers", [](Database& d) { put(d, meta_key(kNumbersRow), "\x7f"); }},
        Case{"a head as high as the log's",
             [](Database& d) { renumber(d, [](Numbers& n) { n.revision = n.revision.previous(); }); }},
        Case{"a head as low as the log's",
             [](Database& d) { renumber(d, [](Numbers& n) { n.revision = n.revision.next(); }); }},
        Case{"a last event as late as the numbers say",
             [](Database& d) { renumber(d, [](Numbers& n) { n.seq = n.seq.next(); }); }},
        Case{"a compaction that ends after it began",
             [](Database& d) { renumber(d, [](Numbers& n) { n.state_seq = Seq(1); }); }},
        Case{"a compaction with as many events as revisions",
             [](Database& d) {
               renumber(d, [](Numbers& n) {
                 n.compacted = true;
                 n.compacted_revision = n.revision;
                 n.compacted_seq = n.state_seq = Seq(n.revision.value - 1);
               });
             }},
        Case{"a compaction of what it has compacted",
             [](Database& d) { renumber(d, [](Numbers& n) { n.compacted_seq = Seq(4); }); }},
        Case{"a readable applied state", [](Database& d) { put(d, meta_key(kAppliedRow), "\xff"); }},
        Case{"a readable point of the cleaning", [](Database& d) { put(d, meta_key(kCleanedRow), "\xff"); }},
        Case{"a compaction to clean up after",
             [](Database& d) {
               put(d, meta_key(kCleanedRow), encode_record_id({Seq(4), 0}));
             }},
        Case{"a readable place of its origin", [](Database& d) { put(d, meta_key(kInstalledRow), "\xff"); }},
        Case{"a readable lease", [](Database& d) { put(d, lease_key(LeaseId(7)), "\xff"); }},
        Case{"leases with ids", [](Database& d) { put(d, lease_key(LeaseId(7)) + "x", "\xff"); }},
        Case{"a readable record",
             [](Database& d) {
               put(d, log_key({Seq(5), 0}), "\xff");
             }},
        Case{"records with numbers", [](Database& d) { put(d, std::string(1, kLogTable) + "x", ""); }}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    {
      StoreFixture store(disk, options());
      store.transact([](Transaction& t) { t.grant(LeaseId(7), 60); });
      store.put("/a/b/c", "1");
      store.put("/a/b/c", "2", LeaseId(7));
      store.put("/d", "3");
    }
    CHECK(Store::open(disk, options()));
    {
      Result<std::unique_ptr<Database>> database = Database::open(disk, options().directory);
      REQUIRE(database);
      c.damage(**database);
    }
    const Result<std::unique_ptr<Store>> opened = Store::open(disk, options());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::kCorrupt);
  }
}

TEST_CASE("how many names there are is a hint, whatever it says") {
  FakeDisk disk;
  StoreFixture store(disk, options());
  for (const char* key : {"/a/b", "/a/c", "/d"}) store.put(key, "1");
  store->barrier();
  const uint64_t hash = store->hash();
  SeededRandom random(1);
  for (const char* names : {"", "\x01\x01", "\x7f\x7f", "\xff"}) {
    CAPTURE(names);
    const std::unique_ptr<FakeDisk> image = disk.crash_image(random);
    {
      Result<std::unique_ptr<Database>> database = Database::open(*image, options().directory);
      REQUIRE(database);
      put(**database, meta_key(kNamesRow), names);
    }
    const Result<std::unique_ptr<Store>> opened = Store::open(*image, options());
    REQUIRE(opened);
    CHECK((*opened)->hash() == hash);
  }
}

}  // namespace viaduct::store
