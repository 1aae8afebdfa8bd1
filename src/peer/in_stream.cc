#include "peer/in_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "peer/port.h"

namespace viaduct::peer {
namespace {

constexpr size_t kMaxControlFrameBytes = 1 << 20;
constexpr std::chrono::seconds kSilence{5};  // a peer says something each second
constexpr std::chrono::seconds kCheckInterval{1};

}  // namespace

InStream::InStream(Port& port, net::Loop& loop, net::ReplyHandle handle, const Greeting& greeting, StreamKind kind)
    : port_(port),
      loop_(loop),
      handle_(handle),
      greeting_(greeting),
      kind_(kind),
      reader_(kind == StreamKind::kBulk ? kMaxFrameBytes : kMaxControlFrameBytes) {}

void InStream::start() {
  open_ = true;
  heard_at_ = loop_.now();
  port_.links_.incoming_up(greeting_.from, kind_);
  loop_.observe(handle_, this);
  await_check();
}

void InStream::supersede() {
  superseded_ = true;
  loop_.post_function([self = shared_from_this()] { self->cut(409, "superseded"); });
}

void InStream::on_body(net::ReplyHandle, Bytes bytes, bool last) {
  if (!open_ || superseded_) return;
  heard_at_ = loop_.now();
  std::vector<Frame> frames;
  const Result<void> read = reader_.feed(bytes, frames);
  remove_misdirected(frames);
  const auto appends = static_cast<uint64_t>(std::ranges::count_if(frames, is_append));
  port_.links_.received(greeting_.from, bytes.size(), appends);
  if (!frames.empty()) port_.links_.listener().received(greeting_.from, std::move(frames));
  if (!read) {
    port_.counters_.damaged.add();
    log::warn("the stream of a peer is damaged",
              {{"remote-peer-id", to_hex(greeting_.from.value)}, {"error", read.error().message}});
    return cut(400, "damaged");
  }
  if (last) cut(200, "");
}

// RF-12: by the stream that brings them, messages can only be the peer's own to us.
void InStream::remove_misdirected(std::vector<Frame>& frames) const {
  const size_t misdirected = std::erase_if(frames, [&](const Frame& frame) {
    const auto* const raft = std::get_if<RaftFrame>(&frame);
    if (!raft) return false;
    const raft::Message& message = raft->message;
    return message.from != greeting_.from || message.to != greeting_.to || message.incarnation != greeting_.incarnation;
  });
  if (misdirected > 0) port_.counters_.misdirected.add(misdirected);
}

void InStream::on_gone(net::ReplyHandle) { finish(); }

void InStream::on_shutdown(net::ReplyHandle) { cut(503, "stopping"); }

void InStream::await_check() {
  check_timer_ = loop_.start_timer(loop_.now() + kCheckInterval, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->check();
  });
}

void InStream::check() {
  if (!open_) return;
  const Standing standing = port_.links_.listener().standing(greeting_.from);
  if (standing == Standing::kRemoved) return cut(410, "removed member");
  if (standing == Standing::kUnknown) return cut(403, "no member");
  if (loop_.now() - heard_at_ > kSilence) {
    port_.counters_.silent.add();
    return cut(408, "silent");
  }
  await_check();
}

void InStream::cut(int status, const char* why) {
  if (!open_) return;
  const auto self = shared_from_this();
  loop_.observe(handle_, nullptr);
  net::Reply reply;
  reply.status = status;
  reply.body = std::string(why);
  reply.close = true;
  loop_.reply(handle_, std::move(reply));
  finish();
}

void InStream::finish() {
  if (!std::exchange(open_, false)) return;
  loop_.cancel_timer(check_timer_);
  port_.closed(*this);
}

}  // namespace viaduct::peer
