// LevelDB's view of the world, made of our Disk: the simulator can take the disk away, and what LevelDB leaves to luck
// is made certain (CC-10).
//   Names: every create, rename and unlink is followed by a sync of its directory.
//   Logs:  LevelDB never syncs a log that it rotates out, and destroys the file instead of closing it, with its own
//          mutex held. The file then goes to a thread of this Env that syncs it, unless LevelDB removes it first
//          because its content has reached synced tables. barrier() waits for that thread.
//   Kept:  unsynced writes reach the disk with each record, so they survive the process but not a power cut.
// A barrier of the store, before the WAL is cut, is therefore: a synced, empty WriteBatch (for the log in use), then
// barrier() (for the logs before it), by the one thread that writes.
//
// Errors:    the first call that fails to change the disk is final: `on_failure` gets it, once, from whichever thread
//            saw it and maybe with LevelDB's mutex held, and should not return (fatal() is the server's choice).
//            Where it does return, every later change and barrier() fails with the same error and nothing more is
//            written.
//            Errors of reads go to LevelDB alone. An answer like "not found" is no failure.
// Ownership: borrows disk and clock; must outlive every database opened on it. Joins its threads when destroyed, after
//            the last handed-over log is synced.
// Threads:   any. LevelDB's background work runs on one thread of this Env, its log syncs on another.
#pragma once

#include <leveldb/env.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"

namespace viaduct::store {

class LeveldbEnv final : public leveldb::Env {
 public:
  using OnFailure = std::function<void(const Error&)>;

  LeveldbEnv(Disk& disk, const Clock& clock, OnFailure on_failure);
  ~LeveldbEnv() override;

  // The first failed change, if there was one.
  Result<void> failure() const;

  // On success every log rotated out before this call is on the medium, or no longer needed.
  Result<void> barrier();

  // --- leveldb::Env ---
  leveldb::Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& path, std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RemoveDir(const std::string& path) override;
  leveldb::Status GetFileSize(const std::string& path, uint64_t* bytes) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*function)(void*), void* argument) override;
  void StartThread(void (*function)(void*), void* argument) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;  // to our log, at debug
  uint64_t NowMicros() override;
  void SleepForMicroseconds(int micros) override;

 private:
  class AppendFile;
  class Writable;
  struct Work {
    void (*function)(void*);
    void* argument;
  };

  template <typename Change>
  leveldb::Status change(Change change_disk);
  Result<void> check(Result<void> outcome);  // makes a failure final
  void hand_over(std::unique_ptr<AppendFile> file);
  void forget_handed_over(const std::string& path);
  void run_background();
  void run_syncs();

  Disk& disk_;
  const Clock& clock_;
  const OnFailure on_failure_;

  mutable std::mutex mutex_;  // guards all below
  std::optional<Error> failure_;
  bool stopping_ = false;
  std::deque<Work> background_;
  std::condition_variable background_changed_;
  std::deque<std::unique_ptr<AppendFile>> handed_over_;  // waiting to be synced
  bool syncing_ = false;                                 // one more is being synced
  std::condition_variable syncs_changed_;

  std::thread background_thread_;
  std::thread sync_thread_;
};

}  // namespace viaduct::store
