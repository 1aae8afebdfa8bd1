// SRV records of the DNS (RFC 2782), by the system's resolver configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace viaduct::server {

struct SrvRecord {
  std::string target;  // without the last dot
  uint16_t port = 0;
  uint16_t priority = 0;
  uint16_t weight = 0;

  bool operator==(const SrvRecord&) const = default;
};

// All records of a name such as _etcd-server._tcp.example.com. Errors: kUnavailable.
using LookUpService = std::function<Result<std::vector<SrvRecord>>(const std::string& name)>;

Result<std::vector<SrvRecord>> look_up_service(const std::string& name);

// Those in the answer of a name server, by priority and then as they came. Errors: kInvalidArgument.
Result<std::vector<SrvRecord>> parse_srv_answer(std::string_view message);

}  // namespace viaduct::server
