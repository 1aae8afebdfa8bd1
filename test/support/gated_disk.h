// A Disk that holds up chosen calls until a test lets them go: the slow disk of FM-5, without a clock. A call is held
// while a closed gate's text occurs in its label, "create PATH" or "sync PATH".
// Ownership: borrows the disk beneath; outlives its files. Threads: any.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/disk.h"

namespace viaduct {

class GatedDisk final : public Disk {
 public:
  explicit GatedDisk(Disk& beneath) : beneath_(beneath) {}

  void close_gate(const std::string& label) {
    const std::lock_guard guard(mutex_);
    gates_.insert(label);
  }
  void open_gate(const std::string& label) {
    const std::lock_guard guard(mutex_);
    gates_.erase(label);
    changed_.notify_all();
  }
  void wait_until_held(const std::string& label) {  // some call waits at a gate of that very text
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.contains(label); });
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (mode == OpenMode::kCreate) pass("create " + path);
    auto file = beneath_.open(path, mode);
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<GatedFile>(*this, std::move(*file), path));
  }
  Result<void> rename(const std::string& from, const std::string& to) override { return beneath_.rename(from, to); }
  Result<void> remove(const std::string& path) override { return beneath_.remove(path); }
  Result<void> create_directory(const std::string& path) override { return beneath_.create_directory(path); }
  Result<void> sync_directory(const std::string& path) override { return beneath_.sync_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override { return beneath_.list(path); }
  Result<bool> exists(const std::string& path) override { return beneath_.exists(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return beneath_.lock(path); }
  Result<uint64_t> free_bytes(const std::string& path) override { return beneath_.free_bytes(path); }

 private:
  class GatedFile final : public File {
   public:
    GatedFile(GatedDisk& disk, std::unique_ptr<File> beneath, std::string path)
        : disk_(disk), beneath_(std::move(beneath)), path_(std::move(path)) {}
    Result<size_t> read_at(uint64_t offset, std::span<char> into) override { return beneath_->read_at(offset, into); }
    Result<void> write_at(uint64_t offset, Bytes data) override { return beneath_->write_at(offset, data); }
    Result<void> sync() override {
      disk_.pass("sync " + path_);
      return beneath_->sync();
    }
    Result<void> allocate(uint64_t bytes) override { return beneath_->allocate(bytes); }
    Result<void> truncate(uint64_t bytes) override { return beneath_->truncate(bytes); }
    Result<uint64_t> size() override { return beneath_->size(); }

   private:
    GatedDisk& disk_;
    const std::unique_ptr<File> beneath_;
    const std::string path_;
  };

  void pass(const std::string& label) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const std::string* closed = nullptr;
      for (const std::string& gate : gates_) {
        if (label.find(gate) != std::string::npos) closed = &gate;
      }
      if (!closed) return;
      held_.insert(*closed);
      changed_.notify_all();
      changed_.wait(lock);
    }
  }

  Disk& beneath_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> gates_;
  std::set<std::string> held_;
};

}  // namespace viaduct
