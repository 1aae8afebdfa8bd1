// The real system call, past everything that is simulated. -1 and errno on errors.
#pragma once

namespace viaduct::sim {

long kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0);

}  // namespace viaduct::sim
