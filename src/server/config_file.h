// Settings from a YAML file, as etcd's --config-file has them: keys are flag names, those of TLS lie under
// client-transport-security and peer-transport-security, durations are whole nanoseconds (or Go durations).
// Errors: kInvalidArgument with etcd's texts for bad YAML and wrong types. Unknown keys only give a notice.
#pragma once

#include <string>

#include "base/result.h"
#include "server/flags_values.h"

namespace viaduct::server {

Result<void> apply_config_file(const std::string& content, FlagValues& values);

}  // namespace viaduct::server
