#include "net/deadlines.h"

#include <algorithm>

namespace viaduct::net {
namespace {

constexpr Expiry kAll[] = {Expiry::kLinger, Expiry::kWrite, Expiry::kHead, Expiry::kBody, Expiry::kIdle};

bool is_idle(const Activity& activity) {
  return activity.phase == InputPhase::kNone && !activity.owes_answer && activity.output_bytes == 0;
}

}  // namespace

void Deadlines::update(TimePoint now, const Activity& activity) {
  update_input(now, activity);
  update_output(now, activity);
  const bool asked = activity.requests_finished != last_.requests_finished;
  if (is_idle(activity) && (asked || !is_idle(last_))) idle_since_ = now;
  if (activity.lingering && !last_.lingering) linger_since_ = now;
  last_ = activity;
}

void Deadlines::update_input(TimePoint now, const Activity& activity) {
  const bool same_phase = activity.phase == last_.phase && activity.requests_finished == last_.requests_finished;
  if (!same_phase || !last_.reading) input_since_ = now;
}

void Deadlines::update_output(TimePoint now, const Activity& activity) {
  if (last_.output_bytes == 0 || activity.written_bytes != last_.written_bytes) output_since_ = now;
}

// The grace, and as long as the bytes so far are worth.
TimePoint Deadlines::body_deadline() const {
  const uint64_t rate = std::max<uint64_t>(limits_.body_bytes_per_second, 1);
  return input_since_ + limits_.body_grace + std::chrono::milliseconds(last_.body_bytes * 1000 / rate);
}

TimePoint Deadlines::idle_time() const { return last_.http2 ? limits_.http2_idle_time : limits_.idle_time; }

TimePoint Deadlines::deadline(Expiry expiry) const {
  const bool input_counts = last_.reading && !last_.lingering;
  switch (expiry) {
    case Expiry::kNone:
      return kNever;
    case Expiry::kLinger:
      return last_.lingering ? linger_since_ + limits_.linger_time : kNever;
    case Expiry::kWrite:
      return last_.output_bytes > 0 ? output_since_ + limits_.write_stall_time : kNever;
    case Expiry::kHead:
      return input_counts && last_.phase == InputPhase::kHead ? input_since_ + limits_.head_time : kNever;
    case Expiry::kBody:
      return input_counts && last_.phase == InputPhase::kBody ? body_deadline() : kNever;
    case Expiry::kIdle:
      return is_idle(last_) && !last_.lingering ? idle_since_ + idle_time() : kNever;
  }
  return kNever;
}

TimePoint Deadlines::next() const {
  TimePoint first = kNever;
  for (const Expiry expiry : kAll) first = std::min(first, deadline(expiry));
  return first;
}

Expiry Deadlines::expired(TimePoint now) const {
  for (const Expiry expiry : kAll) {
    if (deadline(expiry) <= now) return expiry;
  }
  return Expiry::kNone;
}

}  // namespace viaduct::net
