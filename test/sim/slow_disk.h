// The disk of one machine: FakeDisk's rules of what survives (FM-2, FM-4), and beside them what a disk does while the
// power is on: calls take time, some for very long, and some fail (FM-3, FM-5). The thread that calls waits meanwhile,
// the others go on.
// Threads: those of its machine.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "test/sim/scheduler.h"
#include "test/support/fake_disk.h"

namespace viaduct::sim {

struct DiskTemper {
  Nanoseconds sync_least = 50 * kMicrosecond, sync_most = 200 * kMicrosecond;
  double wait = 0;  // of each call that changes something: it waits for room in memory
  Nanoseconds wait_most = kMillisecond;
  double stall = 0;  // of each sync
  Nanoseconds stall_least = 100 * kMillisecond, stall_most = 300 * kSecond;
  double hang = 0;     // of each stall: for ever
  double failure = 0;  // of each call that changes something
  double crash = 0;    // of each call that changes something: the machine ends before it
  bool may_fail_reads = false;
};

class SlowDisk final : public Disk {
 public:
  SlowDisk(Scheduler& scheduler, Dice dice) : scheduler_(scheduler), dice_(dice) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> create_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override { return fake_.list(path); }
  Result<bool> exists(const std::string& path) override { return fake_.exists(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return fake_.lock(path); }
  Result<uint64_t> free_bytes(const std::string& path) override { return fake_.free_bytes(path); }

  void set_temper(const DiskTemper& temper);  // what stalled comes to an end
  const DiskTemper& temper() const { return temper_; }
  FakeDisk& fake() { return fake_; }
  void cut_power() { fake_.crash(dice_); }
  std::function<void()> on_crash;  // asked to end the machine; the thread that called does not go on

  // Since the machine was started last: a process that ends itself then has a reason to.
  bool has_failed() const { return failures_since_start_ > 0; }
  void started() { failures_since_start_ = 0; }
  // A sync of it has failed once: which of its names of before last, nobody can say (FM-4).
  bool is_undecided(const std::string& directory) const { return undecided_directories_.contains(directory); }
  uint64_t failures() const { return failures_; }
  uint64_t stalls() const { return stalls_; }
  uint64_t hangs() const { return hangs_; }

 private:
  class SlowFile;
  enum class Call { kRead, kChange, kSync };
  void begin(Call call, std::string_view path);
  void hang(std::string_view path);

  Scheduler& scheduler_;
  Dice dice_;
  FakeDisk fake_;
  DiskTemper temper_;
  std::set<std::string> undecided_directories_;
  uint64_t failures_ = 0, failures_since_start_ = 0, stalls_ = 0, hangs_ = 0;
};

}  // namespace viaduct::sim
