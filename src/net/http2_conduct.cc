#include "net/http2_conduct.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace viaduct::net {
namespace {

constexpr Offence offence(std::string_view detail, Counter Counters::*counter) {
  return {NGHTTP2_ENHANCE_YOUR_CALM, detail, counter};
}

constexpr Offence kResets = offence("too_many_resets", &Counters::http2_resets);
constexpr Offence kEmptyFrames = offence("too_many_empty_frames", &Counters::http2_empty_frames);
constexpr Offence kSettings = offence("too_many_settings", &Counters::http2_settings);
constexpr Offence kAcks = offence("too_many_unsent_acks", &Counters::http2_unsent_acks);
constexpr Offence kQueued = offence("too_many_queued_frames", &Counters::http2_queued_frames);

constexpr size_t kSettingBytes = 6;
constexpr std::chrono::minutes kEmptyFramesPer{1};

}  // namespace

Http2Conduct::Http2Conduct(const Limits& limits, TimePoint now)
    : limits_(limits), resets_left_(static_cast<double>(limits.http2_reset_burst)), resets_at_(now) {}

const Offence* Http2Conduct::on_frame(uint8_t type, uint8_t flags, size_t payload_bytes, TimePoint now) {
  const bool empty = payload_bytes == 0;
  switch (type) {
    case NGHTTP2_DATA:
      return empty && (flags & NGHTTP2_FLAG_END_STREAM) == 0 ? on_empty_frame(now) : nullptr;
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
      return empty ? on_empty_frame(now) : nullptr;
    case NGHTTP2_SETTINGS:
      if ((flags & NGHTTP2_FLAG_ACK) != 0) return nullptr;
      if (payload_bytes > limits_.http2_settings * kSettingBytes) return &kSettings;
      return ++acks_due_ > limits_.http2_unsent_acks ? &kAcks : nullptr;
    case NGHTTP2_PING:
      if ((flags & NGHTTP2_FLAG_ACK) != 0) return nullptr;
      return ++acks_due_ > limits_.http2_unsent_acks ? &kAcks : nullptr;
    case NGHTTP2_PRIORITY:  // nothing comes of it
      return on_empty_frame(now);
    default:
      return nullptr;
  }
}

const Offence* Http2Conduct::on_empty_frame(TimePoint now) {
  if (empty_frames_ == 0 || now - empty_since_ >= kEmptyFramesPer) {
    empty_since_ = now;
    empty_frames_ = 0;
  }
  return ++empty_frames_ > limits_.http2_empty_frames ? &kEmptyFrames : nullptr;
}

const Offence* Http2Conduct::on_reset(TimePoint now) {
  const double seconds = std::chrono::duration<double>(now - resets_at_).count();
  const double earned = seconds * static_cast<double>(limits_.http2_resets_per_second);
  resets_left_ = std::min(resets_left_ + earned, static_cast<double>(limits_.http2_reset_burst));
  resets_at_ = now;
  if (resets_left_ < 1) return &kResets;
  resets_left_ -= 1;
  return nullptr;
}

const Offence* Http2Conduct::on_queued(size_t frames) const {
  return frames > limits_.http2_queued_frames ? &kQueued : nullptr;
}

}  // namespace viaduct::net
