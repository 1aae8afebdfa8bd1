#include "v3/downgrade.h"

#include <charconv>
#include <optional>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "v3/errors.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::DowngradeRequest;

constexpr KnownError kUnknownMethod{StatusCode::kUnknown, "etcdserver: unknown method"};
constexpr KnownError kNoDowngrade{StatusCode::kUnimplemented, "etcdserver: this version cannot be downgraded"};

struct Version {
  int major = 0, minor = 0;

  bool operator==(const Version&) const = default;
};

// number "." number ["." number]
std::optional<Version> parse_version(std::string_view text) {
  int numbers[3] = {};
  int count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; count < 3; ++count) {
    const auto [rest, error] = std::from_chars(at, end, numbers[count]);
    if (error != std::errc() || *at == '-') return std::nullopt;
    at = rest;
    if (at == end) break;
    if (*at++ != '.') return std::nullopt;
  }
  if (at != end || count == 0) return std::nullopt;
  return Version{numbers[0], numbers[1]};
}

Status check_target(std::string_view target, std::string_view cluster_version) {
  const std::optional<Version> wanted = parse_version(target);
  if (!wanted) return kWrongDowngradeVersionFormat;
  const std::optional<Version> current = parse_version(cluster_version);
  if (!current || *wanted != Version{current->major, current->minor - 1}) return kInvalidDowngradeTargetVersion;
  return {};
}

}  // namespace

Status check_downgrade(const DowngradeRequest& request, std::string_view cluster_version) {
  switch (static_cast<int>(request.action())) {
    case DowngradeRequest::VALIDATE:
      return check_target(request.version(), cluster_version);
    case DowngradeRequest::ENABLE: {
      Status status = check_target(request.version(), cluster_version);
      return status.ok() ? Status(kNoDowngrade) : status;
    }
    case DowngradeRequest::CANCEL:
      return kNoInflightDowngrade;
    default:
      return kUnknownMethod;
  }
}

}  // namespace viaduct::v3
