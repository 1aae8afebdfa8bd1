// What clients saw: every call with the times of its beginning and end, and its answer; and the log that the servers
// say is the one order of all writes. The checkers compare the two.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace viaduct::cluster_test {

using Time = std::chrono::steady_clock::time_point;

// A key as it stands after some write. Positions are v3 revisions or v2 indexes; one history has one kind.
struct Version {
  std::string value;
  uint64_t modified = 0;  // position of the last write
  uint64_t created = 0;

  bool operator==(const Version&) const = default;
};

enum class Action {
  kPut,
  kCompareAndPut,  // `expected` says on what
  kDelete,
  kCompareAndDelete,
  kRead,       // linearizable
  kLocalRead,  // one member's own state
};

enum class Outcome {
  kDone,
  kRefused,  // the compare failed, or there was nothing to delete: a read of the state, no more
  kUnknown,  // may take effect once, at any time from the call on, or never (INV-L2)
};

// What a compare asks for: the key's last write, or its value; "no such key" when neither is there.
struct Expected {
  std::optional<uint64_t> modified;
  std::optional<std::string> value;

  bool holds(const std::optional<Version>& version) const;
};

// Writes give all of `keys` the same value, which no other write gives; reads see all of them at once.
struct Operation {
  size_t client = 0;
  size_t member = 0;
  uint64_t connection = 0;  // unique among all clients
  Action action = Action::kRead;
  Outcome outcome = Outcome::kUnknown;
  std::vector<std::string> keys;
  std::string value;
  std::optional<Expected> expected;
  Time called{};
  Time returned = Time::max();
  uint64_t position = 0;                     // of the answer: of the write itself, or of the state that was read
  std::vector<std::optional<Version>> seen;  // what a read showed of each key
  std::optional<Version> previous;           // what a write said was there before, if it says so
  bool says_previous = false;

  bool is_write() const { return action != Action::kRead && action != Action::kLocalRead; }
  bool erases() const { return action == Action::kDelete || action == Action::kCompareAndDelete; }
};

std::string describe(const Operation& operation);

// One change of one key, as the log has it.
struct Event {
  uint64_t position = 0;
  std::string key;
  std::optional<Version> version;  // nothing: the key was deleted, or expired

  bool operator==(const Event&) const = default;
};

std::string describe(const Event& event);

// Threads: any.
class History {
 public:
  void add(Operation operation) {
    const std::lock_guard lock(mutex_);
    operations_.push_back(std::move(operation));
  }
  std::vector<Operation> operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  size_t size() const {
    const std::lock_guard lock(mutex_);
    return operations_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Operation> operations_;
};

}  // namespace viaduct::cluster_test
