// What LevelDB passes over when it walks its tables must not pass for a state without it (CC-10).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "store/leveldb.h"
#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"

namespace viaduct::store {
namespace {

Options options() {
  Options options;
  options.directory = "/state";
  return options;
}

std::vector<std::string> tables_of(FakeDisk& disk) {
  std::vector<std::string> paths;
  const auto names = disk.list(options().directory);
  for (const std::string& name : *names) {
    if (name.ends_with(".ldb")) paths.push_back(options().directory + "/" + name);
  }
  return paths;
}

uint64_t bytes_of(FakeDisk& disk, const std::string& path) {
  return (*disk.open(path, OpenMode::kRead))->size().value();
}

void flip_bit(FakeDisk& disk, const std::string& path, uint64_t at) {
  const std::unique_ptr<File> file = *disk.open(path, OpenMode::kWrite);
  char byte = 0;
  REQUIRE(file->read_at(at, {&byte, 1}));
  byte = static_cast<char>(byte ^ 1 << at % 8);
  REQUIRE(file->write_at(at, {&byte, 1}));
}

// Most of it compacted, where no number tells of a gap; a table is made of the log when the store opens again.
uint64_t fill(FakeDisk& disk) {
  StoreFixture store(disk, options());
  store.transact([](Transaction& t) { t.grant(LeaseId(7), 60); });
  for (int i = 0; i < 60; ++i) store.put("/keys/" + std::to_string(i), std::string(300, 'v'), LeaseId(7));
  store.compact(store.numbers().revision.value - 3);
  store.clean();
  const uint64_t hash = store->hash();
  store->barrier();
  store.reopen();
  return hash;
}

}  // namespace

TEST_CASE("a bent bit in a table is found when the store opens, wherever it is") {
  const QuietLog quiet;
  FakeDisk disk;
  const uint64_t hash = fill(disk);
  SeededRandom random(1);
  size_t tables = 0, refused = 0, tried = 0;
  for (const std::string& path : tables_of(disk)) {
    ++tables;
    for (uint64_t at = 0; at < bytes_of(disk, path); at += 101, ++tried) {
      CAPTURE(at);
      const std::unique_ptr<FakeDisk> damaged = disk.crash_image(random);
      flip_bit(*damaged, path, at);
      const Result<std::unique_ptr<Store>> opened = Store::open(*damaged, options());
      if (opened) {
        CHECK((*opened)->hash() == hash);  // a byte that nothing depends on
        continue;
      }
      ++refused;
      CHECK(opened.error().code == Code::kCorrupt);
    }
  }
  CHECK(tables > 0);
  CHECK(refused > tried * 9 / 10);
}

TEST_CASE("a cursor ends where LevelDB would go on behind what it cannot read") {
  const QuietLog quiet;
  FakeDisk disk;
  fill(disk);
  const std::string path = tables_of(disk).front();
  flip_bit(disk, path, bytes_of(disk, path) / 2);
  const Result<std::unique_ptr<Database>> database = Database::open(disk, options().directory);
  REQUIRE(database);
  Database::Cursor cursor(**database, nullptr, Database::Reading::kAll);
  size_t rows = 0;
  for (cursor.seek(""); cursor.valid(); cursor.next()) ++rows;
  CHECK(rows > 0);
  CHECK(rows < 60);
  REQUIRE_FALSE((*database)->status());
  CHECK((*database)->status().error().code == Code::kCorrupt);
}

}  // namespace viaduct::store
