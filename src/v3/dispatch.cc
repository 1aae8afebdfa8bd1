#include "v3/dispatch.h"

#include <string>

#include "base/utf8.h"
#include "etcdserverpb/rpc.pb.h"
#include "v3/errors.h"

namespace viaduct::v3 {
namespace {

constexpr size_t kMaxTimeoutDigits = 8;

std::optional<std::chrono::nanoseconds> unit_of(char letter) {
  switch (letter) {
    case 'H':
      return std::chrono::hours(1);
    case 'M':
      return std::chrono::minutes(1);
    case 'S':
      return std::chrono::seconds(1);
    case 'm':
      return std::chrono::milliseconds(1);
    case 'u':
      return std::chrono::microseconds(1);
    case 'n':
      return std::chrono::nanoseconds(1);
    default:
      return std::nullopt;
  }
}

// What a learner answers (v3-api.md 2.8): how it is, and what it has, which may be old.
bool is_for_learners(const Method& method, const Message* request) {
  if (method.path == "/etcdserverpb.Maintenance/Status") return true;
  return method.path == "/etcdserverpb.KV/Range" && request &&
         static_cast<const etcdserverpb::RangeRequest*>(request)->serializable();
}

}  // namespace

Dispatch::Dispatch(const Methods& methods, const v3bridge::Engine& engine, Release release, uint64_t max_request_bytes)
    : methods_(methods),
      engine_(engine),
      release_(std::move(release)),
      message_limit_bytes_(max_request_bytes + kMessageOverheadBytes) {}

Status Dispatch::message_too_large(uint64_t bytes) const {
  return {StatusCode::kResourceExhausted, "grpc: received message larger than max (" + std::to_string(bytes) + " vs. " +
                                              std::to_string(message_limit_bytes_) + ")"};
}

Status Dispatch::admit(const Method& method, const Message* request, const Metadata& metadata) const {
  if (engine_.is_learner() && !is_for_learners(method, request)) return kNotSupportedForLearner;
  if (metadata.empty()) return {};
  if (!is_utf8(metadata.find("client-api-version"))) return kInvalidClientApiVersion;
  if (requires_leader(metadata) && !has_leader()) return kNoLeader;
  return {};
}

Status Dispatch::deadline_exceeded() const {
  const StatusCode code = release_.deadline_has_own_code() ? StatusCode::kDeadlineExceeded : StatusCode::kUnknown;
  return {code, "context deadline exceeded"};
}

std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kMaxTimeoutDigits + 1) return std::nullopt;
  const auto unit = unit_of(text.back());
  if (!unit) return std::nullopt;
  int64_t count = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    count = count * 10 + (digit - '0');
  }
  // Hours of eight digits are more than a clock of nanoseconds can hold; so long nobody waits.
  constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365 * 100);
  return count > kLongest / *unit ? kLongest : count * *unit;
}

bool shows_token(const Metadata& metadata) { return metadata.contains("token") || metadata.contains("authorization"); }

}  // namespace viaduct::v3
