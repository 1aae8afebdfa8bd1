// Recognises what is not ours in a data directory: etcd's files, of any release line, and strays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::server {

inline constexpr std::string_view kOurNames[] = {"lock",    "identity.a",  "identity.b", "wal",        "state",
                                                 "ballast", "incarnation", "ballot",     "quarantine", "fixtures"};

struct Foreign {
  std::vector<std::string> etcd;    // names that only etcd makes, with what they are: "member (etcd 2 or 3)"
  std::vector<std::string> strays;  // names that nobody knows
};

// `names` are those in the directory, `has_identity` whether ours are among them.
Foreign find_foreign(const std::vector<std::string>& names, bool has_identity);

// Whether a log directory has segments of etcd's among `names`: 16 hex digits, dash, 16 hex digits, ".wal".
bool has_etcd_segments(const std::vector<std::string>& names);

}  // namespace viaduct::server
