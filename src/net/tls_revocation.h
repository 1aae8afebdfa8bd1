// The serial numbers of a certificate revocation list. Neither its signature nor its dates are looked at: whoever can
// write the file decides (operations.md 3.4).
// Threads: immutable.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <string>

#include "base/result.h"

namespace viaduct::net {

class RevocationList {
 public:
  // PEM, with as many lists as there are, or DER.
  // Errors: kInvalidArgument; of open() also kIo. The message names the file.
  static Result<RevocationList> parse(const std::string& content);
  static Result<RevocationList> open(const std::string& path);

  bool has(const std::string& serial_hex) const { return serials_.contains(serial_hex); }
  size_t size() const { return serials_.size(); }

 private:
  absl::flat_hash_set<std::string> serials_;  // as serial_hex() writes them
};

}  // namespace viaduct::net
