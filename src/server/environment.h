// Settings from the environment: ETCD_X and VIADUCT_X for the flag --x. Empty variables set nothing.
// Errors: kInvalidArgument for a wrong value, and when one setting comes from two sides (flag and variable, or both
// prefixes), as etcd has done since 3.4.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "server/flags_values.h"

namespace viaduct::server {

// `environment` has NAME=value entries. Notices tell which variables were used, and which have our prefix and are
// unknown.
Result<void> apply_environment(const std::vector<std::string>& environment, FlagValues& values);

// The value of one flag's variable, under either prefix; empty when there is none.
std::string environment_value(const std::vector<std::string>& environment, std::string_view flag_name);

}  // namespace viaduct::server
