#include "net/http2_keepalive.h"

#include <nghttp2/nghttp2.h>

#include <utility>

namespace viaduct::net {
namespace {

constexpr Offence kPings{NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings", &Counters::http2_pings};
constexpr int kStrikes = 2;                       // let pass
constexpr std::chrono::hours kWithoutStreams{2};  // between pings on a connection that has no use for them

}  // namespace

void Http2Keepalive::on_heard(TimePoint now) {
  heard_at_ = now;
  asked_ = false;
}

const Offence* Http2Keepalive::on_ping(TimePoint now, bool has_streams) {
  const TimePoint apart = has_streams ? TimePoint(limits_.http2_ping_min_time) : TimePoint(kWithoutStreams);
  const bool too_soon = pinged_ && now - pinged_at_ < apart;
  pinged_ = true;
  pinged_at_ = now;
  if (std::exchange(strikes_forgiven_, false)) {
    strikes_ = 0;
    return nullptr;
  }
  if (too_soon) ++strikes_;
  return strikes_ > kStrikes ? &kPings : nullptr;
}

Http2Keepalive::Step Http2Keepalive::step(TimePoint now) {
  if (now < next()) return Step::kNone;
  if (asked_) return Step::kClose;
  asked_ = true;
  asked_at_ = now;
  return Step::kPing;
}

}  // namespace viaduct::net
