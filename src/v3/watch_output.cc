#include "v3/watch_output.h"

#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3/watch_encoding.h"

namespace viaduct::v3 {

using etcdserverpb::WatchResponse;

namespace {

constexpr size_t kAsksPerAllowance = 16;  // so often, in WatchOptions::watch_bytes, the call is asked what is unsent
constexpr size_t kKeptScratchBytes = 1 << 20;
constexpr size_t kEnvelopeBytes = 32;  // of a response: id and fragment mark, rounded up

}  // namespace

void WatchOutput::say(const WatchResponse& response) {
  call_.send(response);
  account(response.ByteSizeLong());
}

void WatchOutput::say_events(Watch& watch, std::string_view header, std::string_view events) {
  if (watch.drained != drained_) {
    watch.drained = drained_;
    watch.unsent_bytes = 0;
  }
  watch.unsent_bytes += events.size();
  const size_t envelope_bytes = header.size() + kEnvelopeBytes;
  if (!watch.fragment || events.size() + envelope_bytes < options_.fragment_bytes) {
    return say_piece(header, watch.id, false, events);
  }
  const std::vector<std::string_view> pieces = split_events(events, options_.fragment_bytes - envelope_bytes);
  for (const std::string_view& piece : pieces) say_piece(header, watch.id, &piece != &pieces.back(), piece);
}

void WatchOutput::say_piece(std::string_view header, int64_t watch_id, bool is_fragment, std::string_view events) {
  scratch_.clear();
  append_response(scratch_, header, watch_id, is_fragment, events);
  call_.send_encoded(scratch_, WatchResponse::default_instance());
  account(scratch_.size());
  if (scratch_.capacity() > kKeptScratchBytes) scratch_ = std::string();
}

void WatchOutput::account(size_t bytes) {
  unsent_bytes_ += bytes;
  if (unsent_bytes_ - asked_bytes_ >= options_.watch_bytes / kAsksPerAllowance) ask();
}

void WatchOutput::ask() {
  asked_bytes_ = unsent_bytes_ = call_.backlog();
  if (unsent_bytes_ == 0) ++drained_;
  if (is_full_ || unsent_bytes_ <= options_.stream_bytes) return;
  is_full_ = waits_ = true;
  call_.pause_input(true);
}

bool WatchOutput::takes(const Watch& watch) {
  if (is_full_) return false;
  const auto is_modest = [&] {
    return watch.drained != drained_ || watch.unsent_bytes <= options_.watch_bytes ||
           unsent_bytes_ <= options_.watch_bytes;
  };
  if (is_modest()) return true;
  ask();
  if (is_modest()) return true;
  waits_ = true;
  return false;
}

bool WatchOutput::takes_history() {
  if (waits_ || unsent_bytes_ <= options_.watch_bytes) return !waits_;
  ask();
  waits_ = waits_ || unsent_bytes_ > options_.watch_bytes;
  return !waits_;
}

void WatchOutput::drained() {
  ++drained_;
  unsent_bytes_ = asked_bytes_ = 0;
  waits_ = false;
  if (std::exchange(is_full_, false)) call_.pause_input(false);
}

}  // namespace viaduct::v3
