// A snapshot made of numbered bytes, and a sink that keeps what it is given and can be told to misbehave.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "peer/snapshot_stream.h"

namespace viaduct::peer {

inline std::string snapshot_bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
  return bytes;
}

class TextSource final : public SnapshotSource {
 public:
  TextSource(SnapshotName name, std::string bytes) : name_(name), bytes_(std::move(bytes)) {}
  const SnapshotName& name() const override { return name_; }
  Result<std::string> next() override {
    if (at_ >= fail_at) return Error{Code::kIo, "the disk is gone"};
    std::string chunk = bytes_.substr(at_, kSnapshotChunkBytes);
    at_ += chunk.size();
    return chunk;
  }

  size_t fail_at = SIZE_MAX;

 private:
  const SnapshotName name_;
  const std::string bytes_;
  size_t at_ = 0;
};

class KeepingSink final : public SnapshotSink {
 public:
  Result<uint64_t> begin(const SnapshotName& name) override {
    const std::lock_guard lock(mutex_);
    ++begun;
    if (begin_error) return *begin_error;
    if (!(name_ == name)) bytes_.clear();
    name_ = name;
    return bytes_.size();
  }
  Result<uint64_t> write(const SnapshotName& name, uint64_t offset, Bytes bytes) override {
    if (before_write) before_write(offset);
    const std::lock_guard lock(mutex_);
    if (!(name_ == name) || offset != bytes_.size()) return Error{Code::kInvalidArgument, "not the end"};
    bytes_.append(bytes);
    return bytes_.size();
  }
  Result<void> finish(const SnapshotName& name) override {
    const std::lock_guard lock(mutex_);
    if (finish_error) return *finish_error;
    finished = name_ == name;
    return {};
  }

  std::string bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  SnapshotName name() const {
    const std::lock_guard lock(mutex_);
    return name_;
  }

  // Set before the transfer starts.
  std::function<void(uint64_t offset)> before_write;  // on the receiver's thread
  std::optional<Error> begin_error, finish_error;
  std::atomic<int> begun{0};
  std::atomic<bool> finished{false};

 private:
  mutable std::mutex mutex_;
  SnapshotName name_;
  std::string bytes_;
};

}  // namespace viaduct::peer
