#include "store/leveldb_env.h"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "base/mark.h"
#include "store/leveldb_files.h"

namespace viaduct::store {
namespace {

using leveldb::Slice;
using leveldb::Status;

constexpr size_t kBufferBytes = 64 * 1024;

// Whether the disk answered as a healthy one may.
bool is_answer(Code code) { return code == Code::kNotFound || code == Code::kAlreadyExists || code == Code::kLocked; }

}  // namespace

// A file being written from front to end, behind a buffer.
class LeveldbEnv::AppendFile {
 public:
  AppendFile(std::unique_ptr<File> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  bool is_synced() const { return synced_bytes_ == written_bytes_ + buffer_.size(); }

  Result<void> append(Bytes data) {
    buffer_.append(data);
    return buffer_.size() < kBufferBytes ? Result<void>() : flush();
  }

  Result<void> flush() {
    if (buffer_.empty()) return {};
    VIADUCT_TRY(file_->write_at(written_bytes_, buffer_));
    written_bytes_ += buffer_.size();
    buffer_.clear();
    return {};
  }

  Result<void> sync() {
    VIADUCT_TRY(flush());
    if (is_synced()) return {};
    VIADUCT_TRY(file_->sync());
    synced_bytes_ = written_bytes_;
    return {};
  }

 private:
  const std::unique_ptr<File> file_;
  const std::string path_;
  std::string buffer_;
  uint64_t written_bytes_ = 0;
  uint64_t synced_bytes_ = 0;
};

// What LevelDB holds of an AppendFile; leaves the file to the Env when it ends with unsynced bytes.
class LeveldbEnv::Writable final : public leveldb::WritableFile {
 public:
  Writable(LeveldbEnv& env, std::unique_ptr<AppendFile> file) : env_(env), file_(std::move(file)) {}
  ~Writable() override { release(); }

  Status Append(const Slice& data) override {
    return env_.change([&] { return file_->append(Bytes(data.data(), data.size())); });
  }
  Status Flush() override {
    return env_.change([&] { return file_->flush(); });
  }
  Status Sync() override {
    return env_.change([&] { return file_->sync(); });
  }
  Status Close() override {
    const Status flushed = Flush();
    release();
    return flushed;
  }

 private:
  void release() {
    if (file_ && !file_->is_synced()) env_.hand_over(std::move(file_));
    file_.reset();
  }

  LeveldbEnv& env_;
  std::unique_ptr<AppendFile> file_;
};

LeveldbEnv::LeveldbEnv(Disk& disk, const Clock& clock, OnFailure on_failure)
    : disk_(disk),
      clock_(clock),
      on_failure_(std::move(on_failure)),
      background_thread_([this] { run_background(); }),
      sync_thread_([this] { run_syncs(); }) {}

LeveldbEnv::~LeveldbEnv() {
  {
    const std::lock_guard guard(mutex_);
    assert(background_.empty());  // a database waits for its background work before it goes
    stopping_ = true;
  }
  background_changed_.notify_all();
  syncs_changed_.notify_all();
  background_thread_.join();
  sync_thread_.join();
}

// --- failure ---

Result<void> LeveldbEnv::failure() const {
  const std::lock_guard guard(mutex_);
  if (failure_) return *failure_;
  return {};
}

Result<void> LeveldbEnv::check(Result<void> outcome) {
  if (outcome || is_answer(outcome.error().code)) return outcome;
  {
    const std::lock_guard guard(mutex_);
    if (failure_) return *failure_;
    failure_ = outcome.error();
    handed_over_.clear();
  }
  syncs_changed_.notify_all();
  on_failure_(outcome.error());
  return outcome;
}

template <typename Change>
Status LeveldbEnv::change(Change change_disk) {
  if (auto failed = failure(); !failed) return status_of(failed);
  return status_of(check(change_disk()));
}

// --- rotated logs ---

void LeveldbEnv::hand_over(std::unique_ptr<AppendFile> file) {
  {
    const std::lock_guard guard(mutex_);
    if (failure_) return;
    VIADUCT_MARK("store: a log is rotated out unsynced");
    handed_over_.push_back(std::move(file));
  }
  syncs_changed_.notify_all();
}

void LeveldbEnv::forget_handed_over(const std::string& path) {
  {
    const std::lock_guard guard(mutex_);
    std::erase_if(handed_over_, [&](const auto& file) { return file->path() == path; });
  }
  syncs_changed_.notify_all();
}

Result<void> LeveldbEnv::barrier() {
  std::unique_lock lock(mutex_);
  syncs_changed_.wait(lock, [this] { return failure_ || (handed_over_.empty() && !syncing_); });
  if (failure_) return *failure_;
  return {};
}

void LeveldbEnv::run_syncs() {
  std::unique_lock lock(mutex_);
  for (;;) {
    syncs_changed_.wait(lock, [this] { return stopping_ || !handed_over_.empty(); });
    if (handed_over_.empty()) return;
    std::unique_ptr<AppendFile> file = std::move(handed_over_.front());
    handed_over_.pop_front();
    syncing_ = true;
    lock.unlock();
    static_cast<void>(check(file->sync()));  // a failure reaches on_failure and barrier()
    file.reset();
    lock.lock();
    syncing_ = false;
    syncs_changed_.notify_all();
  }
}

// --- files ---

Status LeveldbEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) {
  *file = nullptr;
  auto opened = disk_.open(path, OpenMode::kRead);
  if (!opened) return status_of(opened);
  *file = make_sequential_file(std::move(*opened)).release();
  return Status::OK();
}

Status LeveldbEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  auto opened = disk_.open(path, OpenMode::kRead);
  if (!opened) return status_of(opened);
  *file = make_random_access_file(std::move(*opened)).release();
  return Status::OK();
}

Status LeveldbEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  return change([&]() -> Result<void> {
    // A fresh file rather than an emptied one: bytes of the old one could come back after a power cut.
    const auto removed = disk_.remove(path);
    if (!removed && removed.error().code != Code::kNotFound) return removed;
    VIADUCT_TRY_ASSIGN(opened, disk_.open(path, OpenMode::kCreate));
    VIADUCT_TRY(disk_.sync_directory(parent_directory(path)));
    *file = new Writable(*this, std::make_unique<AppendFile>(std::move(opened), path));
    return {};
  });
}

// In doubt yes: LevelDB makes a new database over one whose CURRENT it is told is missing.
bool LeveldbEnv::FileExists(const std::string& path) {
  const auto is_there = disk_.exists(path);
  return !is_there || *is_there;
}

Status LeveldbEnv::GetFileSize(const std::string& path, uint64_t* bytes) {
  *bytes = 0;
  const auto opened = disk_.open(path, OpenMode::kRead);
  if (!opened) return status_of(opened);
  const auto got = (*opened)->size();
  if (got) *bytes = *got;
  return status_of(got);
}

Status LeveldbEnv::RemoveFile(const std::string& path) {
  forget_handed_over(path);
  return change([&]() -> Result<void> {
    VIADUCT_TRY(disk_.remove(path));
    return disk_.sync_directory(parent_directory(path));
  });
}

Status LeveldbEnv::RenameFile(const std::string& from, const std::string& to) {
  return change([&]() -> Result<void> {
    VIADUCT_TRY(disk_.rename(from, to));
    return disk_.sync_directory(parent_directory(to));
  });
}

// --- directories and locks ---

Status LeveldbEnv::GetChildren(const std::string& path, std::vector<std::string>* names) {
  names->clear();
  auto listed = disk_.list(path);
  if (listed) *names = std::move(*listed);
  return status_of(listed);
}

Status LeveldbEnv::CreateDir(const std::string& path) {
  return change([&]() -> Result<void> {
    VIADUCT_TRY(disk_.create_directory(path));
    return disk_.sync_directory(parent_directory(path));
  });
}

Status LeveldbEnv::RemoveDir(const std::string& path) { return RemoveFile(path); }

Status LeveldbEnv::LockFile(const std::string& path, leveldb::FileLock** lock) {
  *lock = nullptr;
  auto locked = disk_.lock(path);
  if (locked) *lock = make_file_lock(std::move(*locked)).release();
  return status_of(locked);
}

Status LeveldbEnv::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return Status::OK();
}

// --- threads, time, log ---

void LeveldbEnv::Schedule(void (*function)(void*), void* argument) {
  {
    const std::lock_guard guard(mutex_);
    background_.push_back({function, argument});
  }
  background_changed_.notify_all();
}

void LeveldbEnv::run_background() {
  std::unique_lock lock(mutex_);
  for (;;) {
    background_changed_.wait(lock, [this] { return stopping_ || !background_.empty(); });
    if (background_.empty()) return;
    const Work work = background_.front();
    background_.pop_front();
    lock.unlock();
    work.function(work.argument);
    lock.lock();
  }
}

void LeveldbEnv::StartThread(void (*function)(void*), void* argument) { std::thread(function, argument).detach(); }

Status LeveldbEnv::GetTestDirectory(std::string* path) {
  path->clear();
  return Status::NotSupported("no directory for tests");
}

Status LeveldbEnv::NewLogger(const std::string&, leveldb::Logger** logger) {
  *logger = make_debug_logger().release();
  return Status::OK();
}

uint64_t LeveldbEnv::NowMicros() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic()).count());
}

void LeveldbEnv::SleepForMicroseconds(int micros) { std::this_thread::sleep_for(std::chrono::microseconds(micros)); }

}  // namespace viaduct::store
