// Which process holds the other end of a TCP connection on the loopback.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

namespace viaduct::cluster_test {

// `local_port` is that end's own port, `remote_port` ours. Nothing when none of the candidates has it (any more).
std::optional<pid_t> owner_of_socket(int local_port, int remote_port, const std::vector<pid_t>& candidates);

}  // namespace viaduct::cluster_test
