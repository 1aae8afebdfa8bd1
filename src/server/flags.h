// Reads a command line by the rules of Go's flag package: one dash or two, `-name value` or `-name=value`, booleans
// bare or with =, the last one wins, and the first word that is no flag, or what follows `--`, ends the flags.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "server/flags_values.h"

namespace viaduct::server {

struct ParsedFlags {
  bool help = false;              // -h or --help was met; nothing behind it was read
  std::vector<std::string> rest;  // what is no flag
};

// Errors: kInvalidArgument with Go's text, to be shown with the usage and exit status 2.
Result<ParsedFlags> parse_flags(const std::vector<std::string>& arguments, FlagValues& values);

}  // namespace viaduct::server
