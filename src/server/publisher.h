// What the state must say of this member before clients are served: how the cluster was made, its version, and this
// member's name and addresses. The leader proposes what is missing until the state says it, and raises the version
// later (operations.md 2.10): to what all members can serve, once that is known of all of them; it never falls.
// Threads: step() on the raft thread; wait() from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/node_options.h"
#include "store/store.h"

namespace viaduct {
class Command;
}

namespace viaduct::server {

inline constexpr uint64_t kApplyRules = 1;  // raised when applying changes (D11)

// Whether `members` is this one alone, as a voter.
bool is_only_voter(MemberId id, const std::vector<v3bridge::Member>& members);

class Publisher {
 public:
  Publisher(const store::Store& store, const NodeOptions& options);

  // Commands to propose now; none when all is said, or while those proposed last are not applied yet. With
  // --force-new-cluster the first is the one by which this member is all of the cluster.
  // `agreed`: the version that all members can serve; empty: not known of all. Without it a new cluster begins
  // at 3.0.0.
  std::vector<Command> step(Index applied, bool leads, const std::string& agreed);
  bool done() const { return done_; }
  void proposed(Index index) { proposed_ = index; }
  // For the leader, now and then, once done.
  std::optional<Command> raise_version(Index applied, const std::string& agreed);

  // Whether a membership that the log has made counts. Until this member has taken over, none does but the one that
  // says so: what older entries still make would call for voters that are gone (RB-48).
  bool accepts(const std::vector<v3bridge::Member>& members);

  bool wait(std::chrono::milliseconds timeout);

 private:
  std::vector<Command> missing(bool leads, const std::string& agreed);
  bool is_member_known() const;
  void finish();

  const store::Store& store_;
  const NodeOptions& options_;
  Index proposed_;
  bool takes_over_;    // --force-new-cluster was given, and is not yet what the state says
  bool done_ = false;  // the raft thread's copy

  std::mutex mutex_;
  std::condition_variable changed_;
  bool published_ = false;
};

}  // namespace viaduct::server
