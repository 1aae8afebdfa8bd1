#include "base/result.h"

#include <unistd.h>

#include "base/log.h"

namespace viaduct {

void fatal(const std::string& message) {
  log::write(log::Level::kFatal, message, {});
  log::flush();
  _exit(1);
}

}  // namespace viaduct
