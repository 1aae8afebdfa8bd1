#include "v3/watch_progress.h"

#include <algorithm>
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
  ask();
}

void WatchProgress::ask() {
  if (is_asked_) return;
  is_asked_ = true;
  requests_ += std::exchange(later_requests_, 0);
  loop_.positions().ask(stream_);
}

void WatchProgress::at_position(Revision head) {
  is_asked_ = false;
  const Revision reached = std::max(head, loop_.handled());
  if (reached < stream_.newest_told()) return ask();  // read from the log before it was published
  if (std::exchange(is_tick_due_, false)) stream_.say_notices(reached);
  answer(reached);
  if (later_requests_ > 0) ask();
}

void WatchProgress::after_event() {
  is_parked_ = false;
  ask();
}

void WatchProgress::in_step() {
  if (requests_ > 0) ask();
}

void WatchProgress::answer(Revision reached) {
  if (requests_ == 0 || !stream_.is_in_step()) return;
  if (!stream_.starts_after(reached)) {
    for (; requests_ > 0; --requests_) stream_.say_progress(reached);
  } else if (!stream_.starts_after(loop_.numbers().revision)) {  // the head is where that watch begins by now
    ask();
  } else if (!std::exchange(is_parked_, true)) {
    loop_.positions().ask_after_next_event(stream_);
  }
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
