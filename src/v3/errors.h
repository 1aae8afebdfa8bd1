// etcd's errors by name, code and text (v3-api.md 2.3), and what the engine's refusals are called here.
#pragma once

#include <string>
#include <string_view>

#include "v3/status.h"
#include "v3bridge/outcome.h"

namespace viaduct::v3 {

struct KnownError {
  StatusCode code;
  std::string_view text;

  operator Status() const { return {code, std::string(text)}; }
};

inline constexpr KnownError kEmptyKey{StatusCode::kInvalidArgument, "etcdserver: key is not provided"};
inline constexpr KnownError kKeyNotFound{StatusCode::kInvalidArgument, "etcdserver: key not found"};
inline constexpr KnownError kValueProvided{StatusCode::kInvalidArgument, "etcdserver: value is provided"};
inline constexpr KnownError kLeaseProvided{StatusCode::kInvalidArgument, "etcdserver: lease is provided"};
inline constexpr KnownError kTooManyOps{StatusCode::kInvalidArgument, "etcdserver: too many operations in txn request"};
inline constexpr KnownError kDuplicateKey{StatusCode::kInvalidArgument,
                                          "etcdserver: duplicate key given in txn request"};
inline constexpr KnownError kInvalidSortOption{StatusCode::kInvalidArgument, "etcdserver: invalid sort option"};
inline constexpr KnownError kInvalidClientApiVersion{StatusCode::kInvalidArgument,
                                                     "etcdserver: invalid client api version"};
inline constexpr KnownError kCompacted{StatusCode::kOutOfRange,
                                       "etcdserver: mvcc: required revision has been compacted"};
inline constexpr KnownError kFutureRevision{StatusCode::kOutOfRange,
                                            "etcdserver: mvcc: required revision is a future revision"};
inline constexpr KnownError kNoSpace{StatusCode::kResourceExhausted, "etcdserver: mvcc: database space exceeded"};
inline constexpr KnownError kLeaseNotFound{StatusCode::kNotFound, "etcdserver: requested lease not found"};
inline constexpr KnownError kLeaseExists{StatusCode::kFailedPrecondition, "etcdserver: lease already exists"};
inline constexpr KnownError kLeaseTtlTooLarge{StatusCode::kOutOfRange, "etcdserver: too large lease TTL"};
inline constexpr KnownError kMemberExists{StatusCode::kFailedPrecondition, "etcdserver: member ID already exist"};
inline constexpr KnownError kTooManyLearners{StatusCode::kFailedPrecondition,
                                             "etcdserver: too many learner members in cluster"};
inline constexpr KnownError kPeerUrlExists{StatusCode::kFailedPrecondition, "etcdserver: Peer URLs already exists"};
inline constexpr KnownError kMemberNotEnoughStarted{
    StatusCode::kUnknown, "etcdserver: re-configuration failed due to not enough started members"};
inline constexpr KnownError kMemberBadUrls{StatusCode::kInvalidArgument, "etcdserver: given member URLs are invalid"};
inline constexpr KnownError kMemberNotFound{StatusCode::kNotFound, "etcdserver: member not found"};
inline constexpr KnownError kMemberNotLearner{StatusCode::kFailedPrecondition,
                                              "etcdserver: can only promote a learner member"};
inline constexpr KnownError kRequestTooLarge{StatusCode::kInvalidArgument, "etcdserver: request is too large"};
inline constexpr KnownError kTooManyRequests{StatusCode::kResourceExhausted, "etcdserver: too many requests"};
inline constexpr KnownError kInvalidAuthToken{StatusCode::kUnauthenticated, "etcdserver: invalid auth token"};
// The same where etcd lets its own text out.
inline constexpr KnownError kUnmappedAuthToken{StatusCode::kUnknown, "auth: invalid auth token"};
inline constexpr KnownError kNoLeader{StatusCode::kUnavailable, "etcdserver: no leader"};
inline constexpr KnownError kNotSupportedForLearner{StatusCode::kUnavailable,
                                                    "etcdserver: rpc not supported for learner"};
inline constexpr KnownError kNotLeader{StatusCode::kFailedPrecondition, "etcdserver: not leader"};
inline constexpr KnownError kStopped{StatusCode::kUnavailable, "etcdserver: server stopped"};
inline constexpr KnownError kCorrupt{StatusCode::kDataLoss, "etcdserver: corrupt cluster"};
inline constexpr KnownError kWrongDowngradeVersionFormat{StatusCode::kInvalidArgument,
                                                         "etcdserver: wrong downgrade target version format"};
inline constexpr KnownError kInvalidDowngradeTargetVersion{StatusCode::kInvalidArgument,
                                                           "etcdserver: invalid downgrade target version"};
inline constexpr KnownError kNoInflightDowngrade{StatusCode::kFailedPrecondition,
                                                 "etcdserver: no inflight downgrade job"};
inline constexpr KnownError kRootUserNotFound{StatusCode::kFailedPrecondition, "etcdserver: root user does not exist"};
inline constexpr KnownError kRootRoleNotGranted{StatusCode::kFailedPrecondition,
                                                "etcdserver: root user does not have root role"};
inline constexpr KnownError kUserExists{StatusCode::kFailedPrecondition, "etcdserver: user name already exists"};
inline constexpr KnownError kUserEmpty{StatusCode::kInvalidArgument, "etcdserver: user name is empty"};
inline constexpr KnownError kUserNotFound{StatusCode::kFailedPrecondition, "etcdserver: user name not found"};
inline constexpr KnownError kRoleExists{StatusCode::kFailedPrecondition, "etcdserver: role name already exists"};
inline constexpr KnownError kRoleEmpty{StatusCode::kInvalidArgument, "etcdserver: role name is empty"};
inline constexpr KnownError kRoleNotFound{StatusCode::kFailedPrecondition, "etcdserver: role name not found"};
inline constexpr KnownError kRoleNotGranted{StatusCode::kFailedPrecondition,
                                            "etcdserver: role is not granted to the user"};
inline constexpr KnownError kPermissionNotGiven{StatusCode::kInvalidArgument, "etcdserver: permission not given"};
inline constexpr KnownError kPermissionNotGranted{StatusCode::kFailedPrecondition,
                                                  "etcdserver: permission is not granted to the role"};
inline constexpr KnownError kInvalidAuthManagement{StatusCode::kInvalidArgument, "etcdserver: invalid auth management"};
inline constexpr KnownError kAuthNotEnabled{StatusCode::kFailedPrecondition,
                                            "etcdserver: authentication is not enabled"};

Status status_of(v3bridge::V3Error error);
Status status_of(const v3bridge::Refusal& refusal);
// OK for an outcome that says what was asked for was done.
Status status_of(const v3bridge::Outcome& outcome);

}  // namespace viaduct::v3
