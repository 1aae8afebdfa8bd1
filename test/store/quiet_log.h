// For tests in which each power cut would be a warning.
#pragma once

#include "base/log.h"

namespace viaduct::store {

class QuietLog {
 public:
  QuietLog() { log::set_level(log::Level::kError); }
  ~QuietLog() { log::set_level(before_); }

 private:
  const log::Level before_ = log::level();
};

}  // namespace viaduct::store
