// How many log lines strangers may cause in a second, so that a flood of bad connections is not one of lines, too.
// Threads: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "net/time_point.h"

namespace viaduct::net {

class LineBudget {
 public:
  explicit LineBudget(uint64_t lines_per_second) : lines_per_second_(lines_per_second) {}

  // How many lines were left out since the last that was not; none when this one is to be left out as well.
  std::optional<uint64_t> take(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      written_ = 0;
    }
    if (written_ >= lines_per_second_) {
      ++left_out_;
      return std::nullopt;
    }
    ++written_;
    return std::exchange(left_out_, 0);
  }

 private:
  const uint64_t lines_per_second_;
  std::mutex mutex_;  // guards what follows
  TimePoint second_{0};
  uint64_t written_ = 0;  // in that second
  uint64_t left_out_ = 0;
};

}  // namespace viaduct::net
