#include "store/leveldb.h"

#include <leveldb/db.h>
#include <leveldb/iterator.h>
#include <leveldb/write_batch.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mark.h"
#include "store/leveldb_env.h"
#include "store/leveldb_log_check.h"

namespace viaduct::store {
namespace {

constexpr size_t kTableBytes = 8 << 20;

leveldb::Slice slice(Bytes bytes) { return {bytes.data(), bytes.size()}; }
Bytes bytes(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

leveldb::ReadOptions read_options(const leveldb::Snapshot* snapshot) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.snapshot = snapshot;
  return options;
}

const SystemClock kClock;  // LevelDB times its own work with it, nothing else

void warn_of(const std::optional<LeveldbCut>& cut) {
  if (!cut) return;
  VIADUCT_MARK("store: unsynced writes are cut off");
  log::warn("cut off what a power failure left of unsynced writes; the log has them",
            {{"path", cut->path}, {"left_bytes", cut->bytes}, {"cut_bytes", cut->cut_bytes}, {"reason", cut->reason}});
}

}  // namespace

Database::Database(Disk& disk)
    : env_(std::make_unique<LeveldbEnv>(disk, kClock, [this](const Error& error) { failed(error); })) {}

Database::~Database() = default;

void Database::failed(const Error& error) const {
  if (failures_are_fatal_) fatal("store: " + error.message);
}

bool Database::can_read(const leveldb::Status& status) const {
  if (status.ok()) return true;
  const Error error{status.IsCorruption() ? Code::kCorrupt : Code::kIo, "cannot read: " + status.ToString()};
  {
    const std::lock_guard lock(mutex_);
    if (!failed_read_) failed_read_ = error;
  }
  failed(error);  // only now: make_failures_fatal() looks the other way round
  return false;
}

Result<std::unique_ptr<Database>> Database::open(Disk& disk, const std::string& directory, size_t write_buffer_bytes) {
  VIADUCT_TRY_ASSIGN(found, check_leveldb_logs(disk, directory));
  warn_of(found.log_cut);
  warn_of(found.manifest_cut);
  std::unique_ptr<Database> database(new Database(disk));
  leveldb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.write_buffer_size = write_buffer_bytes;
  options.max_file_size = kTableBytes;
  options.compression = leveldb::kNoCompression;  // the log is written far more often than read
  options.env = database->env_.get();
  leveldb::DB* db = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, directory, &db);
  database->db_.reset(db);
  if (status.IsCorruption()) return Error{Code::kCorrupt, directory + ": " + status.ToString()};
  VIADUCT_TRY(database->env_->failure());
  if (!status.ok()) return Error{Code::kIo, directory + ": " + status.ToString()};
  return database;
}

Database::Batch::Batch() : batch_(std::make_unique<leveldb::WriteBatch>()) {}
Database::Batch::~Batch() = default;
void Database::Batch::put(Bytes key, Bytes value) { batch_->Put(slice(key), slice(value)); }
void Database::Batch::erase(Bytes key) { batch_->Delete(slice(key)); }
void Database::Batch::clear() { batch_->Clear(); }

void Database::write(Batch& batch) {
  if (const Result<void> done = try_write(batch); !done) fatal("store: cannot write: " + done.error().message);
}

void Database::barrier() {
  if (const Result<void> done = try_barrier(); !done) fatal("store: " + done.error().message);
}

Result<void> Database::try_write(Batch& batch) { return write(batch, false); }

Result<void> Database::try_barrier() {
  Batch nothing;
  VIADUCT_TRY(write(nothing, true));  // the log in use
  return env_->barrier();
}

Result<void> Database::status() const {
  VIADUCT_TRY(env_->failure());
  const std::lock_guard lock(mutex_);
  return failed_read_ ? Result<void>(*failed_read_) : Result<void>();
}

void Database::make_failures_fatal() {
  failures_are_fatal_ = true;
  if (const Result<void> done = status(); !done) failed(done.error());
}

Result<void> Database::write(Batch& batch, bool sync) {
  leveldb::WriteOptions options;
  options.sync = sync;
  const leveldb::Status status = db_->Write(options, batch.batch_.get());
  if (status.ok()) return {};
  VIADUCT_TRY(env_->failure());  // LevelDB's status has forgotten which it was
  return Error{Code::kIo, status.ToString()};
}

Database::View::View(const Database& database) : database_(database), snapshot_(database.db_->GetSnapshot()) {}
Database::View::~View() { database_.db_->ReleaseSnapshot(snapshot_); }

std::optional<std::string> Database::get(Bytes key, const View* view) const {
  std::string value;
  const leveldb::Status status = db_->Get(read_options(view ? view->snapshot_ : nullptr), slice(key), &value);
  if (status.IsNotFound() || !can_read(status)) return std::nullopt;
  return value;
}

Database::Cursor::Cursor(const Database& database, const View* view, Reading reading) : database_(database) {
  leveldb::ReadOptions options = read_options(view ? view->snapshot_ : nullptr);
  options.fill_cache = reading == Reading::kFew;
  iterator_.reset(database.db_->NewIterator(options));
}

Database::Cursor::~Cursor() = default;

// At each step: LevelDB passes over a block that it cannot read, and goes on with the next.
void Database::Cursor::check() { is_valid_ = database_.can_read(iterator_->status()) && iterator_->Valid(); }

void Database::Cursor::seek(Bytes key) {
  iterator_->Seek(slice(key));
  check();
}

bool Database::Cursor::valid() const { return is_valid_; }

void Database::Cursor::next() {
  iterator_->Next();
  check();
}

Bytes Database::Cursor::key() const { return bytes(iterator_->key()); }
Bytes Database::Cursor::value() const { return bytes(iterator_->value()); }

}  // namespace viaduct::store

#if defined(__SANITIZE_THREAD__)
// The packaged LevelDB is not instrumented: the sanitizer sees what it reads and copies, but not the acquire and
// release that order it.
extern "C" const char* __tsan_default_suppressions() { return "race:libleveldb.so\n"; }
#endif
