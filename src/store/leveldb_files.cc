#include "store/leveldb_files.h"

#include <cstdarg>
#include <cstdio>

#include "base/log.h"

namespace viaduct::store {
namespace {

using leveldb::Slice;
using leveldb::Status;

constexpr size_t kMaxLogLineBytes = 1024;

class Sequential final : public leveldb::SequentialFile {
 public:
  explicit Sequential(std::unique_ptr<File> file) : file_(std::move(file)) {}

  Status Read(size_t bytes, Slice* result, char* scratch) override {
    const auto got = file_->read_at(offset_, {scratch, bytes});
    *result = Slice(scratch, got ? *got : 0);
    offset_ += result->size();
    return status_of(got);
  }

  Status Skip(uint64_t bytes) override {
    offset_ += bytes;
    return Status::OK();
  }

 private:
  const std::unique_ptr<File> file_;
  uint64_t offset_ = 0;
};

class RandomAccess final : public leveldb::RandomAccessFile {
 public:
  explicit RandomAccess(std::unique_ptr<File> file) : file_(std::move(file)) {}

  Status Read(uint64_t offset, size_t bytes, Slice* result, char* scratch) const override {
    const auto got = file_->read_at(offset, {scratch, bytes});
    *result = Slice(scratch, got ? *got : 0);
    return status_of(got);
  }

 private:
  const std::unique_ptr<File> file_;
};

class HeldLock final : public leveldb::FileLock {
 public:
  explicit HeldLock(std::unique_ptr<viaduct::FileLock> lock) : lock_(std::move(lock)) {}

 private:
  const std::unique_ptr<viaduct::FileLock> lock_;
};

class DebugLogger final : public leveldb::Logger {
 public:
  void Logv(const char* format, std::va_list arguments) override {
    if (log::level() > log::Level::kDebug) return;
    char line[kMaxLogLineBytes];
    std::vsnprintf(line, sizeof line, format, arguments);
    log::debug("leveldb", {{"said", line}});
  }
};

}  // namespace

Status status_of(const Error& error) {
  switch (error.code) {
    case Code::kNotFound:
      return Status::NotFound(error.message);
    case Code::kCorrupt:
      return Status::Corruption(error.message);
    case Code::kInvalidArgument:
      return Status::InvalidArgument(error.message);
    default:
      return Status::IOError(error.message);
  }
}

std::unique_ptr<leveldb::SequentialFile> make_sequential_file(std::unique_ptr<File> file) {
  return std::make_unique<Sequential>(std::move(file));
}

std::unique_ptr<leveldb::RandomAccessFile> make_random_access_file(std::unique_ptr<File> file) {
  return std::make_unique<RandomAccess>(std::move(file));
}

std::unique_ptr<leveldb::FileLock> make_file_lock(std::unique_ptr<FileLock> lock) {
  return std::make_unique<HeldLock>(std::move(lock));
}

std::unique_ptr<leveldb::Logger> make_debug_logger() { return std::make_unique<DebugLogger>(); }

}  // namespace viaduct::store
