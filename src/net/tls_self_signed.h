// Certificates that sign themselves, for --auto-tls: they encrypt, and prove nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace viaduct::net {

struct SelfSigned {
  std::string cert_pem;
  std::string key_pem;
};

// For servers of these names and addresses, from a little before `now_s` on (Unix time).
// ECDSA on P-256: etcd's P-521 is no help against anybody who can be helped against, costs ten times as much in each
// handshake, and browsers do not speak it.
Result<SelfSigned> make_self_signed(const std::vector<std::string>& hosts, int64_t now_s, uint32_t years);

// When it ends to be valid; an error for what is no certificate.
Result<int64_t> certificate_end_s(const std::string& cert_pem);

}  // namespace viaduct::net
