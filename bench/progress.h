// Tells whoever waits how far the run is. On stderr: stdout is for the result.
#pragma once

#include <string>

namespace viaduct::bench {

void progress(const std::string& line);

}  // namespace viaduct::bench
