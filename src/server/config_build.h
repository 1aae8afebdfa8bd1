// Makes the typed configuration from what was said about each flag, and refuses what cannot be right.
// Errors: kInvalidArgument with etcd's texts where etcd has one, else naming the flag and what is wrong with it.
#pragma once

#include <string>

#include "base/result.h"
#include "server/config.h"
#include "server/config_cluster.h"
#include "server/flags_values.h"

namespace viaduct::server {

// Adds notices to `values` for flags whose part is not there yet.
Result<Config> build_config(FlagValues& values, bool from_file, const DefaultHost& default_host);

// The text of --v2-root: empty for v2's own root, else a canonical path.
Result<std::string> parse_v2_root(const std::string& text);

}  // namespace viaduct::server
