// Who else may look into the data directory (IH-2). What the server makes is for its own user alone: 0700 and 0600.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace viaduct::server {

// Returns a warning when the directory itself is open to others: it may be a volume that cannot be otherwise.
// Errors: kInvalidArgument, naming a file below it that we made and that is open to others; kIo.
Result<std::optional<std::string>> check_modes(const std::string& data_dir);

// The same for a directory of ours elsewhere, such as --wal-dir, whose every file is ours.
Result<std::optional<std::string>> check_modes_of_all(const std::string& directory);

}  // namespace viaduct::server
