#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "net/http1_codec.h"
#include "net/loop.h"
#include "net/loop_core.h"

namespace viaduct::net {
namespace {

constexpr size_t kGatherPieces = 64;

using Descriptors = boost::asio::posix::descriptor_base;

}  // namespace

Connection::Connection(LoopCore& core, uint32_t slot, uint32_t generation, Accepted accepted)
    : core_(core),
      slot_(slot),
      generation_(generation),
      handler_(*accepted.handler),
      peer_(accepted.peer),
      scheme_(accepted.scheme),
      ticket_(std::move(accepted.ticket)),
      descriptor_(core.io(), accepted.descriptor.release()),
      transport_(std::make_unique<PlainTransport>(descriptor_.native_handle())),
      codec_(
          std::make_unique<Http1Codec>(CodecContext{core.limits(), core.counters(), handler_, core.common_headers()})),
      deadlines_(core.limits(), core.now()) {}

ReplyHandle Connection::handle_of(StreamId stream) const { return {&core_.loop(), slot_, generation_, stream}; }

void Connection::on_readable() {
  waits_readable_ = false;
  core_.mark_dirty(slot_, *this);
  const IoResult got = transport_->read(core_.read_buffer());
  switch (got.status) {
    case IoStatus::kOk:
      core_.counters().bytes_in.add(got.bytes);
      if (!codec_->closing()) take_input(Bytes(core_.read_buffer().data(), got.bytes));
      return;
    case IoStatus::kWouldBlock:
      return;
    case IoStatus::kEnd:
      input_ended_ = true;
      return;
    case IoStatus::kFailed:
      return close();
  }
}

void Connection::on_writable() {
  waits_writable_ = false;
  core_.mark_dirty(slot_, *this);
}

// Gives the codec all it wants of what was left over and of `fresh`, and its requests to the handler.
void Connection::take_input(Bytes fresh) {
  if (!rest_.empty()) rest_.append(fresh);
  Bytes in = rest_.empty() ? fresh : Bytes(rest_);
  const size_t offered = in.size();
  for (bool more = true; more && !closed_;) {
    const size_t used = codec_->feed(in);
    in.remove_prefix(used);
    more = used > 0;
    while (std::optional<IncomingRequest> incoming = codec_->next_request()) {
      more = true;
      ++requests_;
      incoming->request.peer = peer_;
      incoming->request.scheme = scheme_;
      handler_.handle(core_.loop(), std::move(incoming->request), handle_of(incoming->stream));
    }
  }
  if (in.empty() || codec_->closing()) {
    rest_ = std::string();
  } else if (rest_.empty()) {
    rest_.assign(in);
  } else {
    rest_.erase(0, offered - in.size());
  }
}

// A client that half-closes still gets the answers it waits for, but nobody can want a watch without end.
void Connection::end_input() {
  if (lingering_ || codec_->has_stream()) return close();
  if (!codec_->wants_input() && !codec_->closing()) return;  // what it said before comes first
  codec_->end_input();
  rest_ = std::string();
}

// What the handler answers meanwhile makes the connection dirty again, so that nothing left over is forgotten.
void Connection::finish_turn() {
  if (!closed_) flush();
  if (!closed_) take_input({});
  if (!closed_ && input_ended_) end_input();
  if (!closed_) flush();
  if (!closed_ && codec_->done() && codec_->output_bytes() == 0) linger();
  if (closed_) return;
  if (wants_to_read()) wait_readable();
  account();
  update_deadlines();
}

// Also when the codec has no use for more: only by reading do we learn that the client has gone.
bool Connection::wants_to_read() const {
  return !input_ended_ && !waits_readable_ && rest_.size() < core_.limits().read_ahead_bytes;
}

void Connection::flush() {
  std::array<iovec, kGatherPieces> pieces;
  while (!waits_writable_ && codec_->output_bytes() > 0) {
    const IoResult sent = transport_->write(std::span(pieces.data(), codec_->output(pieces)));
    switch (sent.status) {
      case IoStatus::kOk:
        core_.counters().bytes_out.add(sent.bytes);
        written_bytes_ += sent.bytes;
        codec_->wrote(sent.bytes);
        break;
      case IoStatus::kWouldBlock:
        wait_writable();
        break;
      case IoStatus::kEnd:
      case IoStatus::kFailed:
        return close();
    }
  }
  if (codec_->output_bytes() == 0) notify_drained();
}

// Closing with bytes of the client unread would reset the connection and could take our last answer away from it.
void Connection::linger() {
  if (lingering_) return;
  if (input_ended_) return close();
  lingering_ = true;
  transport_->end_output();
}

void Connection::wait_readable() {
  waits_readable_ = true;
  descriptor_.async_wait(Descriptors::wait_read, [core = &core_, slot = slot_, generation = generation_](const auto&) {
    core->take_turn([&] {
      if (Connection* connection = core->find(slot, generation)) connection->on_readable();
    });
  });
}

void Connection::wait_writable() {
  waits_writable_ = true;
  descriptor_.async_wait(Descriptors::wait_write, [core = &core_, slot = slot_, generation = generation_](const auto&) {
    core->take_turn([&] {
      if (Connection* connection = core->find(slot, generation)) connection->on_writable();
    });
  });
}

bool Connection::may_say_more() {
  if (codec_->output_bytes() <= core_.limits().output_limit_bytes) return true;
  core_.counters().output_overflows.add();
  close();
  return false;
}

size_t Connection::backlog(StreamId stream) {
  const size_t bytes = codec_->backlog(stream);
  for (Observed& observed : observers_) {
    if (observed.stream == stream && bytes > 0) observed.wants_drained = true;
  }
  return bytes;
}

void Connection::observe(StreamId stream, StreamObserver* observer) { observers_.push_back({stream, observer}); }

void Connection::forget_observer(StreamId stream) {
  std::erase_if(observers_, [&](const Observed& observed) { return observed.stream == stream; });
  if (observers_.empty()) std::vector<Observed>().swap(observers_);
}

bool Connection::is_observed(StreamId stream, const StreamObserver* observer) const {
  return std::any_of(observers_.begin(), observers_.end(), [&](const Observed& observed) {
    return observed.stream == stream && observed.observer == observer;
  });
}

// Observers may come and go while they are told.
void Connection::notify_drained() {
  for (size_t i = 0; i < observers_.size(); ++i) {
    if (!observers_[i].wants_drained) continue;
    observers_[i].wants_drained = false;
    observers_[i].observer->on_drained(handle_of(observers_[i].stream));
    i = static_cast<size_t>(-1);
  }
}

void Connection::begin_shutdown() {
  codec_->shut_down();
  rest_ = std::string();
  const std::vector<Observed> waiting = observers_;
  for (const Observed& observed : waiting) {
    if (is_observed(observed.stream, observed.observer)) observed.observer->on_shutdown(handle_of(observed.stream));
  }
}

void Connection::expire(Expiry expiry) {
  switch (expiry) {
    case Expiry::kNone:
      return;
    case Expiry::kHead:
    case Expiry::kBody:
      return codec_->give_up(GiveUp::kTooSlow);
    case Expiry::kIdle:
      core_.counters().idle_timeouts.add();
      return close();
    case Expiry::kLinger:
      return close();
    case Expiry::kWrite: {
      core_.counters().write_stalls.add();
      const struct linger reset { 1, 0 };
      setsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
      return close();
    }
  }
}

// When the loop holds too much, whoever makes it more is turned away.
void Connection::account() {
  const size_t held = rest_.size() + codec_->held_bytes();
  const bool grew = held > held_bytes_;
  core_.account(held_bytes_, held);
  held_bytes_ = held;
  if (!grew || core_.held_bytes() <= core_.limits().held_bytes) return;
  if (codec_->phase() == InputPhase::kNone) {
    core_.counters().memory_refusals.add();
    return close();
  }
  codec_->give_up(GiveUp::kNoMemory);
  rest_ = std::string();
  core_.mark_dirty(slot_, *this);
}

void Connection::update_deadlines() {
  Activity activity;
  activity.phase = codec_->phase();
  activity.reading = codec_->wants_input();
  activity.requests_finished = requests_;
  activity.body_bytes = codec_->body_bytes();
  activity.owes_answer = codec_->in_flight() > 0;
  activity.output_bytes = codec_->output_bytes();
  activity.written_bytes = written_bytes_;
  activity.lingering = lingering_;
  deadlines_.update(core_.now(), activity);
}

}  // namespace viaduct::net
