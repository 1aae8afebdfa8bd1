// Keeps warnings that a test provokes on purpose out of its output, for the scope it is in.
#pragma once

#include "base/log.h"

namespace viaduct {

class QuietLog {
 public:
  QuietLog() { log::set_level(log::Level::kFatal); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;
  ~QuietLog() { log::set_level(before_); }

 private:
  log::Level before_ = log::level();
};

}  // namespace viaduct
