// What the security flags say about TLS, for the client listeners and for peers.
// Errors: kInvalidArgument with etcd's texts. Files are looked at when the listeners are opened, not here.
#pragma once

#include "base/result.h"
#include "server/config.h"
#include "server/flags_values.h"

namespace viaduct::server {

// `config` has its addresses. Adds notices for what is given and not used.
Result<void> configure_tls(FlagValues& values, Config& config);

}  // namespace viaduct::server
