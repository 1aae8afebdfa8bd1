#include "base/result.h"

#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"

namespace viaduct {

void (*on_fatal)(const std::string& message) = nullptr;

void fatal(const std::string& message) {
  if (on_fatal) on_fatal(message);
  log::write(log::Level::kFatal, message, {});
  log::flush();
  _exit(1);
}

}  // namespace viaduct
