// --auto-tls and --peer-auto-tls: a self-signed pair below the data directory, made once and kept (operations.md 3.5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "net/tls_settings.h"

namespace viaduct::server {

// Puts the pair of `directory` (DATA_DIR/fixtures/client or .../peer) into `settings`. What is there is used as it is,
// unless it has expired or cannot be used; then, and the first time, one for `hosts` is made.
// Errors: those of the disk.
Result<void> provide_self_signed(Disk& disk, const Clock& clock, const std::string& directory,
                                 const std::vector<std::string>& hosts, uint32_t years, net::TlsSettings& settings);

}  // namespace viaduct::server
