// One operation of a member, done again and again with another call to the disk failing each time (SIM-10.2), each time
// in a process of its own: what the operation calls fatal() for ends that process, and no other. Afterwards, however it
// ended, what the disk holds is looked at: as a power cut may leave it, and as it is.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/fatal.h"
#include "base/random.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"
#include "test/support/stepped_disk.h"

namespace viaduct::server {

inline std::string failed_call;  // in the child, once it has

// Ends the child: `what` is wrong.
[[noreturn]] inline void give_up(const std::string& what) {
  std::cout.flush();  // what doctest has to say
  std::fprintf(stderr, "when \"%s\" failed: %s\n", failed_call.c_str(), what.c_str());
  _exit(3);
}
inline void need(bool holds, const std::string& what) {
  if (!holds) give_up(what);
}
template <typename T>
T need_value(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(result).value();
}

class FailingOperation {
 public:
  virtual ~FailingOperation() = default;
  virtual void prepare(Disk&) {}           // nothing fails yet
  virtual void run(Disk& disk) = 0;        // may fail, but not lie
  virtual void check(FakeDisk& left) = 0;  // by what a new process finds
  virtual FakeDisk& disk() { return disk_; }

  // To be called where a client is told so.
  void acknowledge(const std::string& what) {
    const std::lock_guard lock(mutex_);
    acknowledged_.insert(what);
  }
  std::set<std::string> acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }

 private:
  FakeDisk disk_;
  mutable std::mutex mutex_;
  std::set<std::string> acknowledged_;
};

class FailingCalls {
 public:
  using Make = std::function<std::unique_ptr<FailingOperation>()>;

  struct Counts {
    uint64_t runs = 0;
    uint64_t fatal = 0;  // of them
  };

  // With each call in turn failing in that way, or each so many, until one run needs no more calls.
  static Counts each(const Make& make, const Error& error, FakeDisk::Repeat repeat, uint64_t stride = 1) {
    Counts counts;
    for (uint64_t call = 1;; call += stride) {
      CAPTURE(call);
      std::fflush(nullptr);
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) FailingCalls(make()).run(call, error, repeat);
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      REQUIRE(WIFEXITED(status));
      const int end = WEXITSTATUS(status);
      REQUIRE((end == kNotReached || end == kDone || end == kFatal));
      if (end == kNotReached) return counts;
      ++counts.runs;
      counts.fatal += end == kFatal ? 1 : 0;
      REQUIRE(call < 2000);
    }
  }

 private:
  enum End : int { kNotReached = 10, kDone, kFatal };

  explicit FailingCalls(std::unique_ptr<FailingOperation> operation)
      : operation_(std::move(operation)), stepped_(operation_->disk(), [this](const std::string&) { pass(); }) {}

  [[noreturn]] void run(uint64_t call, const Error& error, FakeDisk::Repeat repeat) {
    log::set_level(log::Level::kFatal);
    try {
      operation_->prepare(stepped_);
      current_ = this;
      on_fatal = [](const std::string& message) { current_->finish(message); };
      operation_->disk().fail_call(call, error, repeat);
      operation_->run(stepped_);
    } catch (...) {
      give_up("an exception");
    }
    finish("");
  }

  // The process has ended: whatever threads it has left change nothing any more.
  void pass() {
    while (over_ && !is_examiner) pause();
  }

  [[noreturn]] void finish(const std::string& fatal_message) {
    while (over_.exchange(true)) pause();
    is_examiner = true;
    on_fatal = [](const std::string& message) {
      while (!is_examiner) pause();  // of the process that has ended
      give_up("fatal after the restart: " + message);
    };
    FakeDisk& disk = operation_->disk();
    failed_call = disk.failed_call();
    disk.stop_failing();
    try {
      SeededRandom random(failed_call.size());
      operation_->check(*disk.crash_image(random));
      disk.end_process();
      operation_->check(disk);
    } catch (...) {
      give_up("an exception");
    }
    _exit(failed_call.empty() ? kNotReached : fatal_message.empty() ? kDone : kFatal);
  }

  static inline FailingCalls* current_ = nullptr;
  static inline thread_local bool is_examiner = false;

  std::unique_ptr<FailingOperation> operation_;
  SteppedDisk stepped_;
  std::atomic<bool> over_ = false;
};

}  // namespace viaduct::server
