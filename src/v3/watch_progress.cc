#include "v3/watch_progress.h"

#include <chrono>
#include <utility>

#include "base/random.h"
#include "v3/watch_loop.h"
#include "v3/watch_stream.h"

namespace viaduct::v3 {
namespace {

constexpr uint32_t kMaxRequests = 1000;  // answered one by one; more than that while none can be are taken for one

}  // namespace

WatchProgress::~WatchProgress() {
  if (timer_) loop_.net_loop().cancel_timer(*timer_);
}

void WatchProgress::request() {
  uint32_t& requests = is_asked_ ? later_requests_ : requests_;
  if (requests < kMaxRequests) ++requests;
  position_.reset();
  ask();
}

void WatchProgress::ask() {
  if (is_asked_) return;
  is_asked_ = true;
  loop_.positions().ask(stream_);
}

void WatchProgress::at_position(WatchPosition position) {
  is_asked_ = false;
  if (std::exchange(is_tick_due_, false)) stream_.say_notices(position.revision);
  if (requests_ > 0) {
    position_ = position;
    answer();
  }
  if (later_requests_ == 0) return;
  requests_ += std::exchange(later_requests_, 0);
  position_.reset();
  ask();
}

void WatchProgress::after_event() {
  is_parked_ = false;
  ask();
}

void WatchProgress::in_step() { answer(); }

void WatchProgress::answer() {
  if (!position_ || !stream_.is_in_step()) return;
  if (stream_.starts_after(position_->revision)) {  // a watch must not be told of what is before its start
    position_.reset();
    if (!std::exchange(is_parked_, true)) loop_.positions().ask_after_next_event(stream_);
    return;
  }
  for (; requests_ > 0; --requests_) stream_.say_progress(position_->revision);
  position_.reset();
}

void WatchProgress::expect_notices() {
  if (!timer_) start_timer();
}

void WatchProgress::start_timer() {
  const std::chrono::nanoseconds interval = loop_.options().progress_interval;
  const auto jitter = static_cast<std::chrono::nanoseconds::rep>(
      SystemRandom().below(static_cast<uint64_t>(interval.count()) / 10 + 1));
  timer_ = loop_.net_loop().start_timer(loop_.net_loop().now() + interval + std::chrono::nanoseconds(jitter),
                                        [this] { tick(); });
}

void WatchProgress::tick() {
  timer_.reset();
  if (!stream_.wants_notices()) return;
  is_tick_due_ = true;
  ask();
  start_timer();
}

}  // namespace viaduct::v3
