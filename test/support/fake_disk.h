// A Disk in memory that obeys the letter of Disk's promises and nothing more: a power cut takes what was not synced, in
// whole or in part, and any call can be made to fail (FM-2, FM-3, FM-4). Rules of a power cut: support/fake_medium.h.
//   Deterministic: the same calls with the same Random give the same images.
//   Paths:         split at '/', all below one root directory that is always there; a rename stays in its directory.
//   Ownership:     must outlive the files and locks it handed out.
//   Threads:       any, for the disk and for its files.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/disk.h"
#include "test/support/fake_medium.h"

namespace viaduct {

class FakeDisk final : public Disk {
 public:
  FakeDisk() = default;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> create_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<uint64_t> free_bytes(const std::string& path) override;

  // Power cut in place: files and locks of before are dead, their calls give kIo. Armed failures are forgotten.
  void crash(Random& random);

  // The process that uses it is gone, power stays: its locks are free, and what it wrote is there, synced or not.
  void end_process();

  // What a power cut now might leave, as a disk of its own; this one goes on undisturbed.
  std::unique_ptr<FakeDisk> crash_image(Random& random) const;

  // The same for every legal image, each once. For short histories: three small unsynced writes give dozens of images,
  // and more than a million choices are an error of the test.
  void for_each_crash_image(const std::function<void(FakeDisk&)>& visit) const;

  // Fails the n-th call from now (1 = the next one) of those whose label contains `only`. A label is the call's name, a
  // space and the path: "sync /wal/1". A failing write still writes the first half of its data; a failing sync leaves
  // what it should have synced undecided for ever, whatever later syncs report; any other failing call does nothing.
  enum class Repeat { kOnce, kForEver };
  void fail_call(uint64_t n, Error error, Repeat repeat = Repeat::kOnce, std::string only = "");
  void stop_failing();
  std::string failed_call() const;  // label of the newest call made to fail, or empty
  uint64_t calls() const;           // made so far, of the disk and its files

  void set_free_bytes(uint64_t bytes);  // beyond it a write is cut short with kNoSpace, an allocation refused

 private:
  class Handle;
  class Lock;
  struct Fault {
    uint64_t remaining_calls;
    Error error;
    Repeat repeat;
    std::string only;
  };
  struct Place {
    std::shared_ptr<FakeDirectory> directory;
    std::string name;
    FakeDirectory::Entry entry;  // null when `directory` has no `name`
  };

  // All below: the caller holds mutex_.
  Result<void> enter(const char* call, const std::string& path);  // counts the call, and fails it if it is its turn
  Result<Place> find(const std::string& path) const;
  Result<std::shared_ptr<FakeDirectory>> find_directory(const std::string& path) const;
  uint64_t unused_bytes() const;

  mutable std::mutex mutex_;
  std::shared_ptr<FakeDirectory> root_ = std::make_shared<FakeDirectory>();
  std::set<FakeFile*> locked_;
  std::optional<Fault> fault_;
  std::string failed_call_;
  uint64_t calls_ = 0;
  uint64_t epoch_ = 0;  // power cuts so far
  uint64_t capacity_bytes_ = uint64_t{1} << 40;
};

}  // namespace viaduct
