#include "test/sim/slow_disk.h"

#include <utility>

namespace viaduct::sim {

class SlowDisk::SlowFile final : public File {
 public:
  SlowFile(SlowDisk& disk, std::unique_ptr<File> file, std::string path)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)) {}

  Result<size_t> read_at(uint64_t offset, std::span<char> into) override {
    disk_.begin(Call::kRead, path_);
    return file_->read_at(offset, into);
  }
  Result<void> write_at(uint64_t offset, Bytes data) override {
    disk_.begin(Call::kChange, path_);
    return file_->write_at(offset, data);
  }
  Result<void> sync() override {
    disk_.begin(Call::kSync, path_);
    return file_->sync();
  }
  Result<void> allocate(uint64_t bytes) override {
    disk_.begin(Call::kChange, path_);
    return file_->allocate(bytes);
  }
  Result<void> truncate(uint64_t bytes) override {
    disk_.begin(Call::kChange, path_);
    return file_->truncate(bytes);
  }
  Result<uint64_t> size() override { return file_->size(); }

 private:
  SlowDisk& disk_;
  const std::unique_ptr<File> file_;
  const std::string path_;
};

// Takes the time of the call, and arms its failure.
void SlowDisk::begin(Call call, std::string_view path) {
  if (!scheduler_.self()) return;  // whoever prepares a disk from outside
  scheduler_.trace().mix(path);
  Nanoseconds time = 0;
  if (call == Call::kSync) {
    time = dice_.between(temper_.sync_least, temper_.sync_most);
    if (dice_.chance(temper_.stall)) {
      ++stalls_;
      if (dice_.chance(temper_.hang)) return hang(path);
      time += static_cast<Nanoseconds>(
          dice_.log_between(static_cast<double>(temper_.stall_least), static_cast<double>(temper_.stall_most)));
      if (scheduler_.trace().shown())
        scheduler_.trace().line(scheduler_.now(), scheduler_.machine().name,
                                "disk stalls for " + std::to_string(time / kMillisecond) + " ms: " + std::string(path));
    }
  }
  if (call == Call::kChange && dice_.chance(temper_.wait)) time = dice_.between(0, temper_.wait_most);
  if (time > 0) scheduler_.wait(&temper_, scheduler_.now() + time);
  if (call != Call::kRead && dice_.chance(temper_.crash)) {
    on_crash();
    scheduler_.wait(this);
  }
  if (call == Call::kRead && !temper_.may_fail_reads) return;
  if (!dice_.chance(temper_.failure)) return;
  ++failures_;
  ++failures_since_start_;
  const bool full = call == Call::kChange && dice_.chance(0.3);
  if (scheduler_.trace().shown())
    scheduler_.trace().line(scheduler_.now(), scheduler_.machine().name,
                            "disk fails: " + std::string(path) + (full ? ": no space" : ": I/O error"));
  fake_.fail_call(1, full ? Error{Code::kNoSpace, std::string(path) + ": no space left (simulated)"}
                          : Error{Code::kIo, std::string(path) + ": input/output error (simulated)"});
}

// Until it is mended, or for ever.
void SlowDisk::hang(std::string_view path) {
  ++hangs_;
  if (scheduler_.trace().shown())
    scheduler_.trace().line(scheduler_.now(), scheduler_.machine().name, "disk hangs: " + std::string(path));
  scheduler_.wait(&temper_);
}

void SlowDisk::set_temper(const DiskTemper& temper) {
  temper_ = temper;
  scheduler_.wake_all(&temper_);
}

Result<std::unique_ptr<File>> SlowDisk::open(const std::string& path, OpenMode mode) {
  begin(mode == OpenMode::kRead ? Call::kRead : Call::kChange, path);
  VIADUCT_TRY_ASSIGN(file, fake_.open(path, mode));
  return std::unique_ptr<File>(std::make_unique<SlowFile>(*this, std::move(file), path));
}

Result<void> SlowDisk::rename(const std::string& from, const std::string& to) {
  begin(Call::kChange, from);
  return fake_.rename(from, to);
}

Result<void> SlowDisk::remove(const std::string& path) {
  begin(Call::kChange, path);
  return fake_.remove(path);
}

Result<void> SlowDisk::create_directory(const std::string& path) {
  begin(Call::kChange, path);
  return fake_.create_directory(path);
}

Result<void> SlowDisk::sync_directory(const std::string& path) {
  begin(Call::kSync, path);
  auto synced = fake_.sync_directory(path);
  if (!synced) undecided_directories_.insert(path);
  return synced;
}

}  // namespace viaduct::sim
