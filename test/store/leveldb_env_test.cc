// LevelDB itself, over our Env, on a disk that loses power: whatever happens, what opens again is a prefix of the
// batches written, and reaches at least to the last barrier (CC-10).
#include "store/leveldb_env.h"

#include <doctest/doctest.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "store/leveldb_log_check.h"
#include "test/support/fake_disk.h"
#include "test/support/gated_disk.h"

namespace viaduct::store {
namespace {

constexpr size_t kWriteBufferBytes = 64 * 1024;  // the least that LevelDB takes
constexpr size_t kRotatingBytes = kWriteBufferBytes + 1;

// A value that only its batch has, and that does not compress to nothing.
std::string value_of(uint64_t number, size_t bytes) {
  SeededRandom random(number);
  std::string value;
  while (value.size() < bytes) put_le64(value, random.next());
  value.resize(bytes);
  return value;
}

std::string key_of(uint64_t number) {
  std::string key;
  put_be64(key, number);
  return key;
}

// What an Env reported, from whichever thread.
class Failures {
 public:
  void add(const Error& error) {
    const std::lock_guard guard(mutex_);
    errors_.push_back(error);
  }
  std::vector<Error> all() const {
    const std::lock_guard guard(mutex_);
    return errors_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Error> errors_;
};

// A database whose batch number n, counted from 1, puts key n. Failures of the Env are collected.
class Database {
 public:
  explicit Database(Disk& disk) : env_(disk, clock_, [this](const Error& error) { failures_.add(error); }) {
    options_.env = &env_;
    options_.create_if_missing = true;
    options_.paranoid_checks = true;
    options_.write_buffer_size = kWriteBufferBytes;
    leveldb::DB* db = nullptr;
    opened_ = leveldb::DB::Open(options_, "/db", &db);
    db_.reset(db);
  }

  const leveldb::Status& opened() const { return opened_; }
  std::vector<Error> failures() const { return failures_.all(); }
  LeveldbEnv& env() { return env_; }

  bool write(uint64_t number, size_t value_bytes, bool sync = false) {
    leveldb::WriteBatch batch;
    batch.Put(key_of(number), value_of(number, value_bytes));
    leveldb::WriteOptions options;
    options.sync = sync;
    return db_->Write(options, &batch).ok();
  }

  bool barrier() {
    leveldb::WriteBatch empty;
    leveldb::WriteOptions options;
    options.sync = true;
    return db_->Write(options, &empty).ok() && env_.barrier().has_value();
  }

  // How many batches there are, when they are 1, 2, ... without a hole and each as written; else nothing.
  std::optional<uint64_t> prefix() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(options));
    uint64_t number = 0;
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      ++number;
      if (at->key() != leveldb::Slice(key_of(number))) return std::nullopt;
      if (at->value() != leveldb::Slice(value_of(number, at->value().size()))) return std::nullopt;
    }
    return at->status().ok() ? std::optional(number) : std::nullopt;
  }

 private:
  SystemClock clock_;
  Failures failures_;
  LeveldbEnv env_;
  leveldb::Options options_;
  leveldb::Status opened_;
  std::unique_ptr<leveldb::DB> db_;
};

struct Recovered {
  LeveldbLogCheck check;
  std::unique_ptr<Database> database;
  uint64_t batches;
};

Recovered recover(Disk& disk) {
  auto check = check_leveldb_logs(disk, "/db");
  if (!check) FAIL(check.error().message);
  auto database = std::make_unique<Database>(disk);
  if (!database->opened().ok()) FAIL(database->opened().ToString());
  const std::optional<uint64_t> batches = database->prefix();
  REQUIRE_MESSAGE(batches, "a hole in the state");
  return {*check, std::move(database), *batches};
}

TEST_CASE("of up to three unsynced batches every legal power cut leaves a prefix") {
  for (const size_t unsynced : {0, 1, 2, 3}) {
    CAPTURE(unsynced);
    FakeDisk disk;
    Database database(disk);
    REQUIRE(database.write(1, 300));
    REQUIRE(database.write(2, 300));
    REQUIRE(database.barrier());
    for (size_t i = 0; i < unsynced; ++i) REQUIRE(database.write(3 + i, 400));
    std::set<uint64_t> seen;
    disk.for_each_crash_image([&](FakeDisk& image) {
      const Recovered recovered = recover(image);
      CHECK(recovered.batches >= 2);
      CHECK(recovered.batches <= 2 + unsynced);
      CHECK(recovered.database->failures().empty());
      seen.insert(recovered.batches);
    });
    CHECK(seen.size() == unsynced + 1);  // each length is possible
  }
}

TEST_CASE("a database just made survives every power cut") {
  FakeDisk disk;
  Database database(disk);
  disk.for_each_crash_image([](FakeDisk& image) { CHECK(recover(image).batches == 0); });
}

// A database with two logs: 1 and 2 were written to the first, 3 forced it out and is synced in the second. Nothing has
// synced the first log, nor put its content into a table.
class HeldRotation {
 public:
  HeldRotation() : gated_(disk_), database_(gated_) {
    gated_.close_gate(kLogSync);
    gated_.close_gate(kTable);
    REQUIRE(database_.write(1, 100));
    REQUIRE(database_.write(2, kRotatingBytes));
    REQUIRE(database_.write(3, 100, true));
    gated_.wait_until_held(kLogSync);
    gated_.wait_until_held(kTable);
  }
  ~HeldRotation() { release(); }

  void release() {
    gated_.open_gate(kLogSync);
    gated_.open_gate(kTable);
  }
  FakeDisk& disk() { return disk_; }
  Database& database() { return database_; }

 private:
  static constexpr char kLogSync[] = "sync /db/000003.log";
  static constexpr char kTable[] = "create /db/000005.ldb";

  FakeDisk disk_;
  GatedDisk gated_;
  Database database_;
};

TEST_CASE("a rotated log that lost its end takes the synced log behind it along (RB-70)") {
  HeldRotation held;
  uint64_t dropped = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const auto image = held.disk().crash_image(random);
    const Recovered recovered = recover(*image);
    if (recovered.batches < 3) REQUIRE(recovered.check.log_cut);
    dropped += recovered.batches < 3;
  }
  CHECK(dropped > 0);
}

TEST_CASE("a barrier waits for the logs rotated out before it") {
  HeldRotation held;
  held.disk().fail_call(1, {Code::kIo, "medium error"}, FakeDisk::Repeat::kOnce, "sync /db/000003.log");
  std::promise<void> started;
  std::thread releasing([&] {
    started.get_future().wait();
    held.release();
  });
  started.set_value();
  const Result<void> outcome = held.database().env().barrier();
  releasing.join();
  REQUIRE_FALSE(outcome);  // it has seen how that sync ended
  CHECK(outcome.error().code == Code::kIo);
}

// Known bug: RB-70.
TEST_CASE("after a barrier nothing that was written before it can be lost") {
  FakeDisk disk;
  Database database(disk);
  uint64_t number = 0;
  for (int round = 0; round < 5; ++round) {
    for (const size_t bytes : {size_t{100}, kRotatingBytes, size_t{2000}, kRotatingBytes}) {
      REQUIRE(database.write(++number, bytes));
    }
    REQUIRE(database.barrier());
    for (uint64_t seed = 0; seed < 5; ++seed) {
      SeededRandom random(seed);
      CHECK(recover(*disk.crash_image(random)).batches == number);
    }
  }
}

TEST_CASE("through power cut after power cut the state stays a prefix and keeps its barriers") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    auto disk = std::make_unique<FakeDisk>();
    uint64_t certain = 0;
    uint64_t written = 0;
    for (int life = 0; life < 6; ++life) {
      CAPTURE(life);
      std::unique_ptr<FakeDisk> next;
      {
        const Recovered recovered = recover(*disk);
        REQUIRE(recovered.batches >= certain);
        REQUIRE(recovered.batches <= written);
        written = recovered.batches;
        for (uint64_t steps = random.below(12); steps > 0; --steps) {
          const size_t bytes = random.below(4) == 0 ? kRotatingBytes : random.below(3000);
          REQUIRE(recovered.database->write(++written, bytes));
          if (random.below(6) == 0) {
            REQUIRE(recovered.database->barrier());
            certain = written;
          }
        }
        next = disk->crash_image(random);
      }
      disk = std::move(next);
    }
  }
}

struct Progress {
  uint64_t tried = 0;
  uint64_t certain = 0;
};

// Writes until something fails, as the store would.
Progress work(Database& database) {
  Progress progress;
  if (!database.opened().ok()) return progress;
  for (const size_t bytes : {size_t{100}, size_t{3000}, kRotatingBytes, size_t{700}, kRotatingBytes, size_t{10}}) {
    if (!database.write(++progress.tried, bytes)) return progress;
    if (progress.tried % 2 == 1) continue;
    if (!database.barrier()) return progress;
    progress.certain = progress.tried;
  }
  return progress;
}

TEST_CASE("whichever call fails, once or for ever, a restart finds a prefix that keeps the barriers") {
  uint64_t calls = 0;
  {
    FakeDisk disk;
    Database database(disk);
    REQUIRE(work(database).certain == 6);
    calls = disk.calls();
  }
  for (uint64_t n = 1; n <= calls; ++n) {
    for (const auto repeat : {FakeDisk::Repeat::kOnce, FakeDisk::Repeat::kForEver}) {
      FakeDisk disk;
      std::vector<std::unique_ptr<FakeDisk>> images;
      Progress progress;
      {
        disk.fail_call(n, {Code::kIo, "broken"}, repeat);
        Database database(disk);
        progress = work(database);
        for (uint64_t seed = 0; seed < 2; ++seed) {
          SeededRandom random(seed);
          images.push_back(disk.crash_image(random));
        }
        CHECK(database.failures().size() <= 1);
      }
      CAPTURE(disk.failed_call());
      for (const auto& image : images) {
        const Recovered recovered = recover(*image);
        CHECK(recovered.batches >= progress.certain);
        CHECK(recovered.batches <= progress.tried);
      }
    }
  }
}

// An Env by itself, on a directory that is certain to be there.
struct Bed {
  FakeDisk disk;
  GatedDisk gated{disk};
  SystemClock clock;
  Failures failures;
  LeveldbEnv env{gated, clock, [this](const Error& error) { failures.add(error); }};

  Bed() {
    REQUIRE(env.CreateDir("/db").ok());
    disk.for_each_crash_image([](FakeDisk& image) { CHECK(*image.exists("/db")); });
  }

  std::unique_ptr<leveldb::WritableFile> create(const std::string& path) {
    leveldb::WritableFile* file = nullptr;
    REQUIRE(env.NewWritableFile(path, &file).ok());
    return std::unique_ptr<leveldb::WritableFile>(file);
  }
  void hand_over(const std::string& path) {  // writes a file and destroys it unclosed, as LevelDB does with a log
    const auto file = create(path);
    REQUIRE(file->Append("unsynced").ok());
    REQUIRE(file->Flush().ok());
  }
};

// Known bug: RB-31.
TEST_CASE("a name that was made, renamed or removed stays so") {
  Bed bed;
  const auto file = bed.create("/db/a");
  REQUIRE(file->Append("x").ok());
  REQUIRE(file->Sync().ok());
  bed.disk.for_each_crash_image([](FakeDisk& image) { CHECK(*read_file(image, "/db/a", 9) == "x"); });
  REQUIRE(bed.env.RenameFile("/db/a", "/db/b").ok());
  bed.disk.for_each_crash_image([](FakeDisk& image) { CHECK(*image.list("/db") == std::vector<std::string>{"b"}); });
  REQUIRE(bed.env.RemoveFile("/db/b").ok());
  bed.disk.for_each_crash_image([](FakeDisk& image) { CHECK(image.list("/db")->empty()); });
}

TEST_CASE("a file made anew never shows what the old one held") {
  Bed bed;
  REQUIRE(bed.create("/db/a")->Append("old").ok());
  REQUIRE(bed.env.barrier());
  const auto file = bed.create("/db/a");
  REQUIRE(file->Append("n").ok());
  REQUIRE(file->Flush().ok());
  bed.disk.for_each_crash_image([](FakeDisk& image) {
    const std::string content = *read_file(image, "/db/a", 9);
    CHECK((content == "" || content == "n" || content == std::string(1, '\0')));
  });
}

TEST_CASE("appends gather until they are flushed or fill the buffer") {
  Bed bed;
  const auto file = bed.create("/db/a");
  const auto size = [&] {
    uint64_t bytes = 0;
    REQUIRE(bed.env.GetFileSize("/db/a", &bytes).ok());
    return bytes;
  };
  REQUIRE(file->Append("abc").ok());
  CHECK(size() == 0);
  REQUIRE(file->Flush().ok());
  CHECK(size() == 3);
  REQUIRE(file->Append(std::string(64 * 1024 - 1, 'x')).ok());
  CHECK(size() == 3);
  REQUIRE(file->Append("y").ok());
  CHECK(size() == 3 + 64 * 1024);
  REQUIRE(file->Append("z").ok());
  REQUIRE(file->Close().ok());
  CHECK(size() == 4 + 64 * 1024);
}

TEST_CASE("a log that LevelDB removes is not synced any more") {
  Bed bed;
  bed.gated.close_gate("sync /db/000003.log");
  bed.hand_over("/db/000003.log");
  bed.gated.wait_until_held("sync /db/000003.log");
  bed.hand_over("/db/000004.log");
  bed.disk.fail_call(1, {Code::kIo, "must not be called"}, FakeDisk::Repeat::kForEver, "sync /db/000004.log");
  REQUIRE(bed.env.RemoveFile("/db/000004.log").ok());
  bed.gated.open_gate("sync /db/000003.log");
  CHECK(bed.env.barrier());
  CHECK(bed.failures.all().empty());
}

TEST_CASE("the first failure is reported once and nothing is changed after it") {
  Bed bed;
  const auto file = bed.create("/db/000003.log");
  REQUIRE(file->Append("x").ok());
  bed.disk.fail_call(1, {Code::kNoSpace, "full"}, FakeDisk::Repeat::kOnce, "write ");
  CHECK(file->Flush().IsIOError());
  const uint64_t calls = bed.disk.calls();
  CHECK_FALSE(file->Append("y").ok());
  CHECK_FALSE(file->Sync().ok());
  CHECK_FALSE(file->Close().ok());
  CHECK_FALSE(bed.env.RenameFile("/db/000003.log", "/db/other").ok());
  CHECK_FALSE(bed.env.RemoveFile("/db/000003.log").ok());
  CHECK_FALSE(bed.env.CreateDir("/db/d").ok());
  leveldb::WritableFile* other = nullptr;
  CHECK_FALSE(bed.env.NewWritableFile("/db/other", &other).ok());
  CHECK(other == nullptr);
  CHECK(bed.disk.calls() == calls);
  const auto barrier = bed.env.barrier();
  REQUIRE_FALSE(barrier);
  CHECK(barrier.error().code == Code::kNoSpace);
  REQUIRE(bed.failures.all().size() == 1);
  CHECK(bed.failures.all()[0].code == Code::kNoSpace);
}

TEST_CASE("an answer that a healthy disk gives is no failure") {
  Bed bed;
  leveldb::SequentialFile* sequential = nullptr;
  leveldb::RandomAccessFile* random = nullptr;
  uint64_t bytes = 0;
  CHECK(bed.env.NewSequentialFile("/db/no", &sequential).IsNotFound());
  CHECK(bed.env.NewRandomAccessFile("/db/no", &random).IsNotFound());
  CHECK(bed.env.GetFileSize("/db/no", &bytes).IsNotFound());
  CHECK(bed.env.RenameFile("/db/no", "/db/other").IsNotFound());
  CHECK(bed.env.RemoveFile("/db/no").IsNotFound());
  CHECK_FALSE(bed.env.CreateDir("/db").ok());
  CHECK(bed.failures.all().empty());
  CHECK(bed.env.barrier());
}

TEST_CASE("when the disk cannot say whether a file exists, it does") {
  Bed bed;
  CHECK_FALSE(bed.env.FileExists("/db/CURRENT"));
  bed.disk.fail_call(1, {Code::kIo, "broken"});
  CHECK(bed.env.FileExists("/db/CURRENT"));
}

TEST_CASE("a lock is one holder's until it is given back") {
  Bed bed;
  leveldb::FileLock* lock = nullptr;
  leveldb::FileLock* second = nullptr;
  REQUIRE(bed.env.LockFile("/db/LOCK", &lock).ok());
  CHECK_FALSE(bed.env.LockFile("/db/LOCK", &second).ok());
  CHECK(second == nullptr);
  REQUIRE(bed.env.UnlockFile(lock).ok());
  REQUIRE(bed.env.LockFile("/db/LOCK", &lock).ok());
  REQUIRE(bed.env.UnlockFile(lock).ok());
  CHECK(bed.failures.all().empty());
}

}  // namespace
}  // namespace viaduct::store
