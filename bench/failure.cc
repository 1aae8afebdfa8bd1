#include "bench/failure.h"

#include <cerrno>
#include <cstring>

namespace viaduct::bench {

void fail_with_errno(const std::string& doing) { throw Failure(doing + ": " + std::strerror(errno)); }

}  // namespace viaduct::bench
