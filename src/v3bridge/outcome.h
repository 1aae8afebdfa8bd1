// What applying one command came to: the same on every member (INV-A3), computed also where nobody waits.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "store/record.h"

namespace etcdserverpb {
class TxnResponse;
}

namespace viaduct::v3bridge {

// An error of the v2 store (v2-api.md section 5): code, cause as shown to the user, and v2's index at that moment.
struct V2Error {
  int code = 0;
  std::string cause;
  Seq index;
};

// What a v3 error means; texts and gRPC codes are the v3 API's business.
enum class V3Error {
  kNone,
  kLeaseNotFound,
  kLeaseExists,
  kCompacted,
  kFutureRevision,
  kNoSpace,
  kCorrupt,
  kKeyNotFound,
  kUserExists,
  kUserNotFound,
  kRoleExists,
  kRoleNotFound,
  kRoleNotGranted,        // to the user
  kPermissionNotGranted,  // to the role
  kMemberNotFound,
  kMemberExists,
  kMemberRemoved,  // that id was removed once
  kPeerUrlExists,
  kTooManyLearners,
  kMemberNotLearner,
  kLastVoter,  // without it nobody could commit
};

// Here, so that whoever passes an outcome on need not know the message.
struct DeleteTxnResponse {
  void operator()(etcdserverpb::TxnResponse* response) const;
};

struct V3Result {
  V3Error error = V3Error::kNone;
  uint64_t deleted = 0;                 // keys removed
  std::vector<store::EventPtr> events;  // of this transaction, in order; each has what it replaced as its prev
  std::vector<LeaseId> missing;         // LeaseRenew: ids that were gone
  // The whole answer of a txn that did not fail, but for the outermost header, which is there and empty.
  std::unique_ptr<etcdserverpb::TxnResponse, DeleteTxnResponse> txn;
};

// A refusal by the node before or instead of applying; the text is etcd's, without the API's own framing.
struct Refusal {
  enum class Kind {
    kTimeout,
    kStopped,
    kTooManyRequests,
    kTooLarge,
    kNoLeader,
    kNoSpace,
    kCorrupt,
    kLeaderChanged,  // a read, which has no effect
    kNotLeader,      // move_leader() on a follower
    kBadTransferee,
    kTransferTimeout,
    kNotEnoughStarted,
    kUnhealthy,
    kLearnerNotReady,
  };
  Kind kind;
  std::string text;  // "etcdserver: request timed out", ...
};

struct V2Done {
  store::EventPtr event;
};

struct Outcome {
  std::variant<std::monostate, V2Done, V2Error, V3Result, Refusal> body;
  Index index;        // of the entry; 0 in a Refusal
  Revision revision;  // head after it
  Seq seq;            // v2's index after it
};

}  // namespace viaduct::v3bridge
