// How a v3 call ends: a gRPC status code and its text. Go clients tell errors apart by the text, so both are etcd's, to
// the letter (v3-api.md 2.3).
#pragma once

#include <string>

namespace viaduct::v3 {

// The numbers of gRPC.
enum class StatusCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

struct Status {
  StatusCode code = StatusCode::kOk;
  std::string message;

  bool ok() const { return code == StatusCode::kOk; }
  bool operator==(const Status&) const = default;
};

}  // namespace viaduct::v3
