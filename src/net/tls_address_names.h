// Whether a member's certificate is valid for the address that it comes from (operations.md 3.3). A certificate without
// any address or name in it is; else one of its addresses must be the remote one, or one of its names must belong to
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/tls_identity.h"

namespace viaduct::net {

// The domain name system. Blocks.
class NameService {
 public:
  virtual ~NameService() = default;
  virtual Result<std::vector<std::string>> names_of(const std::string& address) = 0;  // without the final dot
  virtual Result<std::vector<std::string>> addresses_of(const std::string& name) = 0;
};

NameService& system_name_service();

// Each returns why the certificate is refused, empty when it is not.
// nullopt: only the name service can tell.
std::optional<std::string> address_refusal(const TlsIdentity& identity, const std::string& remote_address);
std::string address_refusal_by_names(const TlsIdentity& identity, const std::string& remote_address,
                                     NameService& names);

}  // namespace viaduct::net
