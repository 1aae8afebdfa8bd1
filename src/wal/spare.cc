#include "wal/spare.h"

#include <algorithm>

namespace viaduct::wal {
namespace {

constexpr uint64_t kFillBytes = 1 << 20;

}  // namespace

Spare::Spare(Disk& disk, std::string directory, uint64_t bytes)
    : disk_(disk), directory_(std::move(directory)), path_(join_path(directory_, "spare")), bytes_(bytes) {}

Result<void> Spare::prepare() {
  const std::lock_guard guard(mutex_);
  return make_ready();
}

Result<std::unique_ptr<File>> Spare::install(Bytes content, const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(make_ready());
  auto file = fill_and_rename(content, path);
  if (!file) return fail(std::move(file).error());
  state_ = State::kMissing;
  return file;
}

Result<void> Spare::make_ready() {
  if (failed_) return *failed_;
  if (state_ == State::kReady) return {};
  state_ = State::kMaking;
  if (auto made = make(); !made) return give_up(std::move(made).error());
  state_ = State::kReady;
  return {};
}

Result<std::unique_ptr<File>> Spare::fill_and_rename(Bytes content, const std::string& path) {
  {
    VIADUCT_TRY_ASSIGN(file, disk_.open(path_, OpenMode::kWrite));
    VIADUCT_TRY(file->write_at(0, content));
    VIADUCT_TRY(file->sync());
  }
  VIADUCT_TRY(disk_.rename(path_, path));
  VIADUCT_TRY(disk_.sync_directory(directory_));
  return disk_.open(path, OpenMode::kWrite);
}

Result<void> Spare::failure() const {
  if (state_ != State::kFailed) return {};  // without the lock: a prepare() may hold it for long
  const std::lock_guard guard(mutex_);
  return *failed_;
}

Result<void> Spare::make() {
  VIADUCT_TRY_ASSIGN(file, reserve());
  Result<void> synced = file->sync();
  if (synced) synced = disk_.sync_directory(directory_);
  if (!synced) return Error{Code::kIo, synced.error().message};  // kNoSpace too: what the disk holds is unknown
  return {};
}

Result<std::unique_ptr<File>> Spare::reserve() {
  VIADUCT_TRY_ASSIGN(file, open_or_create());
  VIADUCT_TRY(file->allocate(bytes_));
  VIADUCT_TRY(fill(*file));
  return file;
}

Result<std::unique_ptr<File>> Spare::open_or_create() {
  VIADUCT_TRY_ASSIGN(left_over, disk_.exists(path_));
  if (left_over) {
    VIADUCT_TRY_ASSIGN(file, disk_.open(path_, OpenMode::kWrite));
    VIADUCT_TRY_ASSIGN(bytes, file->size());
    if (bytes == bytes_) return file;
    VIADUCT_TRY(disk_.remove(path_));
  }
  return disk_.open(path_, OpenMode::kCreate);
}

Result<void> Spare::fill(File& file) {
  const std::string zeros(std::min(bytes_, kFillBytes), '\0');
  for (uint64_t at = 0; at < bytes_; at += zeros.size()) {
    VIADUCT_TRY(file.write_at(at, Bytes(zeros).substr(0, bytes_ - at)));
  }
  return {};
}

Result<void> Spare::give_up(Error error) {
  if (error.code != Code::kNoSpace) return fail(std::move(error));
  const auto removed = disk_.remove(path_);
  if (!removed && removed.error().code != Code::kNotFound) return fail(removed.error());
  state_ = State::kMissing;
  return error;
}

Error Spare::fail(Error error) {
  failed_ = Error{Code::kIo, std::move(error).message};
  state_ = State::kFailed;
  return *failed_;
}

}  // namespace viaduct::wal
