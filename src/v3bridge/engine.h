// The node as the wire APIs see it: propose, read, watch, ask. Implemented by server/node; a simulator or a test may
// implement it as well.
// Threads: any, unless said otherwise.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/ids.h"
#include "store/hub.h"
#include "store/store.h"
#include "v3bridge/counts.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class Command;
}

namespace viaduct::v3bridge {

// Waits for one proposal or one linearizable read; done() is called exactly once, on the executor it names.
class Completion {
 public:
  explicit Completion(Executor& home) : home_(home) {}
  virtual ~Completion() = default;
  virtual void done(Outcome outcome) = 0;
  Executor& home() const { return home_; }

 private:
  Executor& home_;
};

struct Member {
  MemberId id;
  std::string name;                      // empty until it has started
  std::vector<std::string> peer_urls;    // sorted
  std::vector<std::string> client_urls;  // sorted
  bool is_learner = false;

  bool operator==(const Member&) const = default;
};

enum class RaftRole { kFollower, kPreCandidate, kCandidate, kLeader };

struct RaftStatus {
  Term term;
  Index commit, applied;
  MemberId leader;  // 0: none known
  MemberId vote;
  RaftRole role = RaftRole::kFollower;
  int64_t leader_since_wall_ns = 0;  // when this leader was first seen
};

struct ActiveAlarm {
  MemberId member;
  std::string kind;  // "NOSPACE", "CORRUPT", or "NONE" if a client said so
};

// What this member has exchanged with another one since it started; for statistics.
struct Traffic {
  MemberId id;
  bool connected = false;
  uint64_t appends_sent = 0, appends_failed = 0, appends_received = 0;
  uint64_t bytes_sent = 0, bytes_received = 0;
  double latency_current_ms = 0, latency_average_ms = 0, latency_deviation_ms = 0;  // of a sent append
  double latency_min_ms = 0, latency_max_ms = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Takes the command through the log, from any member; a membership change first past the leader, who may refuse it
  // (kNotEnoughStarted, kUnhealthy, kLearnerNotReady; `strict_reconfig` is the node's option). Refused at once (through
  // `done`) when queues are full, the command is larger than the log can replay, or there is no space.
  virtual void propose(Command&& command, std::unique_ptr<Completion> completion) = 0;
  // Linearizable read barrier (ReadIndex): done() with an empty body once everything committed before is applied.
  virtual void read_barrier(std::unique_ptr<Completion> completion) = 0;
  // True while nobody but this member can have acknowledged a write, so that what it has applied is all that a
  // linearizable read has to show: no barrier is needed then.
  virtual bool reads_are_current() const { return false; }
  // Hands leadership to that voter: done() with an empty body when it leads, at once if it does already. Refused with
  // kNotLeader unless this member leads, kBadTransferee, or kTransferTimeout.
  virtual void move_leader(MemberId target, std::unique_ptr<Completion> completion) = 0;

  // done() with an empty body once what compaction had left behind at this call is gone. It goes in slices between
  // writes, so this may take its time.
  virtual void compaction_barrier(std::unique_ptr<Completion> completion) = 0;

  virtual const store::Store& store() const = 0;
  virtual store::Hub& hub() = 0;
  virtual Executor& readers() = 0;  // threads that may block on the disk

  virtual uint64_t cluster_now_ms() const = 0;  // this member's estimate of cluster time (D3)
  virtual RaftStatus raft_status() const = 0;   // lock-free snapshot
  virtual const ApplyCounts& counts() const = 0;
  virtual const std::string& v2_root() const = 0;  // fixed once the node has started
  virtual ClusterId cluster_id() const = 0;
  virtual MemberId member_id() const = 0;
  virtual std::vector<Member> members() const = 0;  // by id
  virtual std::string cluster_version() const = 0;  // "3.5.0", or "not_decided"
  virtual std::vector<ActiveAlarm> alarms() const = 0;
  virtual bool is_learner() const { return false; }            // this member, by the membership it has applied
  virtual std::vector<Traffic> traffic() const { return {}; }  // with each other member, by id
};

}  // namespace viaduct::v3bridge
