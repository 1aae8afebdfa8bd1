// The cipher suites that --cipher-suites may name (operations.md 3.6), as OpenSSL spells them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace viaduct::net {

struct CipherChoice {
  std::string tls12;                     // for OpenSSL, the preferred first; empty: no suite of TLS 1.2
  std::vector<std::string> unavailable;  // named, but this OpenSSL was built without them
};

// Of no names: every suite with AEAD and forward secrecy. Names of TLS 1.3 suites are taken and have no effect, as TLS
// 1.3 has no weak ones.
// Errors: kInvalidArgument for an unknown name, with etcd's text.
Result<CipherChoice> choose_ciphers(const std::vector<std::string>& iana_names);

}  // namespace viaduct::net
