#include "bench/progress.h"

#include <iostream>

namespace viaduct::bench {

void progress(const std::string& line) { std::cerr << line << std::endl; }

}  // namespace viaduct::bench
