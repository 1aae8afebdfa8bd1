// A Disk that tells a test of each call that changes it, just before the disk beneath gets it.
// Ownership: borrows the disk beneath; outlives its files. Threads: any; so is `step` called.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/disk.h"

namespace viaduct {

class SteppedDisk final : public Disk {
 public:
  using Step = std::function<void(const std::string& label)>;  // "write PATH", "sync PATH", "rename PATH" ...

  SteppedDisk(Disk& beneath, Step step) : beneath_(beneath), step_(std::move(step)) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (mode == OpenMode::kCreate) step_("create " + path);
    auto file = beneath_.open(path, mode);
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<SteppedFile>(*this, std::move(*file), path));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    step_("rename " + to);
    return beneath_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override {
    step_("remove " + path);
    return beneath_.remove(path);
  }
  Result<void> create_directory(const std::string& path) override {
    step_("create_directory " + path);
    return beneath_.create_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    step_("sync_directory " + path);
    return beneath_.sync_directory(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override { return beneath_.list(path); }
  Result<bool> exists(const std::string& path) override { return beneath_.exists(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return beneath_.lock(path); }
  Result<uint64_t> free_bytes(const std::string& path) override { return beneath_.free_bytes(path); }

 private:
  class SteppedFile final : public File {
   public:
    SteppedFile(SteppedDisk& disk, std::unique_ptr<File> beneath, std::string path)
        : disk_(disk), beneath_(std::move(beneath)), path_(std::move(path)) {}
    Result<size_t> read_at(uint64_t offset, std::span<char> into) override { return beneath_->read_at(offset, into); }
    Result<void> write_at(uint64_t offset, Bytes data) override {
      disk_.step_("write " + path_);
      return beneath_->write_at(offset, data);
    }
    Result<void> sync() override {
      disk_.step_("sync " + path_);
      return beneath_->sync();
    }
    Result<void> allocate(uint64_t bytes) override {
      disk_.step_("allocate " + path_);
      return beneath_->allocate(bytes);
    }
    Result<void> truncate(uint64_t bytes) override {
      disk_.step_("truncate " + path_);
      return beneath_->truncate(bytes);
    }
    Result<uint64_t> size() override { return beneath_->size(); }

   private:
    SteppedDisk& disk_;
    const std::unique_ptr<File> beneath_;
    const std::string path_;
  };

  Disk& beneath_;
  const Step step_;
};

}  // namespace viaduct
