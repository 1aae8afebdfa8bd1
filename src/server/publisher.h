// What the state must say of this member before clients are served: how the cluster was made, its version, and this
// member's name and addresses. The leader proposes what is missing until the state says it.
// Threads: step() on the raft thread; wait() from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "server/node_options.h"
#include "store/store.h"

namespace viaduct {
class Command;
}

namespace viaduct::server {

inline constexpr uint64_t kApplyRules = 1;  // raised when applying changes (D11)

class Publisher {
 public:
  Publisher(const store::Store& store, const NodeOptions& options) : store_(store), options_(options) {}

  // Commands to propose now; none when all is said, or while those proposed last are not applied yet.
  std::vector<Command> step(Index applied);
  void proposed(Index index) { proposed_ = index; }

  bool wait(std::chrono::milliseconds timeout);

 private:
  bool is_member_known() const;
  void finish();

  const store::Store& store_;
  const NodeOptions& options_;
  Index proposed_;
  bool done_ = false;  // the raft thread's copy

  std::mutex mutex_;
  std::condition_variable changed_;
  bool published_ = false;
};

}  // namespace viaduct::server
