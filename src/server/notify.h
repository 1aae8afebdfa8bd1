// Tells the supervisor what the server is up to: one datagram to the socket that NOTIFY_SOCKET names (sd_notify(3)).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace viaduct::server {

inline constexpr std::string_view kNotifyReady = "READY=1";
inline constexpr std::string_view kNotifyStopping = "STOPPING=1";

// `socket_name` is the variable's value: a path, or a name in the abstract namespace behind @. Empty: nobody asks.
// Errors: kInvalidArgument for a name that is neither, kIo when nobody listens. A server goes on without.
Result<void> notify_supervisor(const std::string& socket_name, std::string_view state);

}  // namespace viaduct::server
