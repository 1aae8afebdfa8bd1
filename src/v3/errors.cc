#include "v3/errors.h"

namespace viaduct::v3 {

using v3bridge::Refusal;
using v3bridge::V3Error;

Status status_of(V3Error error) {
  switch (error) {
    case V3Error::kNone:
      return {};
    case V3Error::kLeaseNotFound:
      return kLeaseNotFound;
    case V3Error::kLeaseExists:
      return kLeaseExists;
    case V3Error::kCompacted:
      return kCompacted;
    case V3Error::kFutureRevision:
      return kFutureRevision;
    case V3Error::kNoSpace:
      return kNoSpace;
    case V3Error::kCorrupt:
      return kCorrupt;
    case V3Error::kKeyNotFound:
      return kKeyNotFound;
    case V3Error::kUserExists:
      return kUserExists;
    case V3Error::kUserNotFound:
      return kUserNotFound;
    case V3Error::kRoleExists:
      return kRoleExists;
    case V3Error::kRoleNotFound:
      return kRoleNotFound;
    case V3Error::kRoleNotGranted:
      return kRoleNotGranted;
    case V3Error::kPermissionNotGranted:
      return kPermissionNotGranted;
    case V3Error::kMemberNotFound:
    case V3Error::kMemberRemoved:
      return kMemberNotFound;
    case V3Error::kMemberExists:
      return kMemberExists;
    case V3Error::kPeerUrlExists:
      return kPeerUrlExists;
    case V3Error::kTooManyLearners:
      return kTooManyLearners;
    case V3Error::kMemberNotLearner:
      return kMemberNotLearner;
    case V3Error::kLastVoter:
      return kMemberNotEnoughStarted;
  }
  return {StatusCode::kInternal, {}};
}

Status status_of(const Refusal& refusal) {
  const auto with = [&](StatusCode code) { return Status{code, refusal.text}; };
  switch (refusal.kind) {
    case Refusal::Kind::kTimeout:
      return with(StatusCode::kUnavailable);
    case Refusal::Kind::kStopped:
      return with(StatusCode::kUnavailable);
    case Refusal::Kind::kTooManyRequests:
      return with(StatusCode::kResourceExhausted);
    case Refusal::Kind::kTooLarge:
      return with(StatusCode::kInvalidArgument);
    case Refusal::Kind::kNoLeader:
      return with(StatusCode::kUnavailable);
    case Refusal::Kind::kNoSpace:
      return with(StatusCode::kResourceExhausted);
    case Refusal::Kind::kCorrupt:
      return with(StatusCode::kDataLoss);
    case Refusal::Kind::kLeaderChanged:
    case Refusal::Kind::kUnhealthy:
      return with(StatusCode::kUnavailable);
    case Refusal::Kind::kNotLeader:
    case Refusal::Kind::kBadTransferee:
    case Refusal::Kind::kLearnerNotReady:
      return with(StatusCode::kFailedPrecondition);
    case Refusal::Kind::kTransferTimeout:
    case Refusal::Kind::kNotEnoughStarted:
      return with(StatusCode::kUnknown);
  }
  return with(StatusCode::kInternal);
}

Status status_of(const v3bridge::Outcome& outcome) {
  if (const auto* refusal = std::get_if<Refusal>(&outcome.body)) return status_of(*refusal);
  if (const auto* result = std::get_if<v3bridge::V3Result>(&outcome.body)) return status_of(result->error);
  return {};
}

}  // namespace viaduct::v3
