#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "base/result.h"

namespace viaduct {

uint64_t SystemRandom::next() {
  uint64_t value;
  ssize_t got;
  do {
    got = getrandom(&value, sizeof value, 0);  // never short up to 256 bytes
  } while (got < 0 && errno == EINTR);
  if (got != sizeof value) fatal(std::string("getrandom: ") + std::strerror(errno));
  return value;
}

}  // namespace viaduct
