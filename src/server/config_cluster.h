// The addresses of a member and its first cluster: defaults that depend on each other, and 0.4's address flags.
// Errors: kInvalidArgument with etcd's texts, or naming the flag where etcd would go on and we cannot yet.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/config.h"
#include "server/flags_values.h"

namespace viaduct::server {

// etcd's text, after which it explains itself further (config_load.cc).
inline constexpr std::string_view kAdvertiseRequired =
    "--advertise-client-urls is required when --listen-client-urls is set explicitly";

// Where a default advertised address would say localhost while the listener takes connections from everywhere, this
// address of the machine is advertised instead. Returns nothing when there is no way out of the machine.
using DefaultHost = std::function<std::optional<std::string>()>;
std::optional<std::string> detect_default_host();

// Fills in every address of `config`. `advertise_required`: whether to listen elsewhere without saying what to
// advertise is an error, as it is for flags but not for a configuration file.
Result<void> configure_addresses(FlagValues& values, bool advertise_required, const DefaultHost& default_host,
                                 Config& config);

// name=url,..., sorted; a name with several URLs comes several times.
Result<InitialCluster> parse_initial_cluster(const std::string& text);

// Fills in the initial cluster; `config` has name and addresses.
Result<void> configure_initial_cluster(const FlagValues& values, Config& config);

// 0.4's way to join: fills in whom to ask, and how often. `listed`: what -peers-file holds.
Result<void> configure_join_peers(const FlagValues& values, const std::string& listed, Config& config);

}  // namespace viaduct::server
