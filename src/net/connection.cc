#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "net/http1_codec.h"
#include "net/http2_codec.h"
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
      ticket_(std::move(accepted.ticket)),
      descriptor_(core.io(), accepted.descriptor.release()),
      codec_(std::make_unique<Http1Codec>(codec_context())),
      deadlines_(core.limits(), core.now()) {
  if (!accepted.door) {
    transport_ = std::make_unique<PlainTransport>(descriptor_.native_handle());
    return;
  }
  auto wake = [core = &core_, slot = slot_, generation = generation_] {
    core->loop().post_function([core, slot, generation] {
      if (Connection* connection = core->find(slot, generation)) core->mark_dirty(slot, *connection);
    });
  };
  greeting_ = std::make_unique<TlsGreeting>(std::move(accepted.door), descriptor_.native_handle(), peer_,
                                            TlsGreeting::Surroundings{core_.limits(), core_.counters(), core_.now()},
                                            std::move(wake));
}

CodecContext Connection::codec_context() const {
  return {core_.limits(), core_.counters(), handler_, core_.common_headers(), core_.now()};
}

ReplyHandle Connection::handle_of(StreamId stream) const { return {&core_.loop(), slot_, generation_, stream}; }

void Connection::greet() {
  switch (greeting_->advance()) {
    case TlsGreeting::Step::kWantsRead:
      if (!waits_readable_) wait_readable();
      return;
    case TlsGreeting::Step::kWantsWrite:
      if (!waits_writable_) wait_writable();
      return;
    case TlsGreeting::Step::kWaits:
      return;
    case TlsGreeting::Step::kDone:
      return begin(greeting_->take_result());
    case TlsGreeting::Step::kRefused:
      begin({std::make_unique<PlainTransport>(descriptor_.native_handle())});
      return codec_->shut_down();
    case TlsGreeting::Step::kGone:
      return close();
  }
}

void Connection::begin(Greeted greeted) {
  greeting_.reset();
  transport_ = std::move(greeted.transport);
  scheme_ = greeted.scheme;
  visitor_ = std::move(greeted.visitor);
  speak(greeted.protocol);
}

void Connection::on_readable() {
  waits_readable_ = false;
  core_.mark_dirty(slot_, *this);
  if (greeting_) return;  // goes on when the turn ends
  const IoResult got = transport_->read(core_.read_buffer());
  switch (got.status) {
    case IoStatus::kOk:
      core_.counters().bytes_in.add(got.bytes);
      if (!codec_->closing()) take_input(Bytes(core_.read_buffer().data(), got.bytes));
      return;
    case IoStatus::kWouldBlock:
      return;
    case IoStatus::kWantsWrite:
      reads_when_writable_ = true;
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
  if (std::exchange(reads_when_writable_, false)) on_readable();
}

// Until the first bytes say otherwise it is HTTP/1, whose idle codec costs nothing.
bool Connection::knows_protocol(Bytes first) {
  if (protocol_ == Protocol::kUndecided) speak(protocol_of(first));
  return protocol_ != Protocol::kUndecided;
}

void Connection::speak(Protocol protocol) {
  protocol_ = protocol;
  if (protocol_ == Protocol::kHttp2) codec_ = std::make_unique<Http2Codec>(codec_context());
}

void Connection::settle_for_http1() {
  protocol_ = Protocol::kHttp1;
  take_input({});
}

// Gives the codec all it wants of what was left over and of `fresh`, and its requests to the handler.
void Connection::take_input(Bytes fresh) {
  if (!rest_.empty()) rest_.append(fresh);
  Bytes in = rest_.empty() ? fresh : Bytes(rest_);
  const size_t offered = in.size();
  for (bool more = knows_protocol(in); more && !closed_;) {
    const size_t used = codec_->feed(in);
    in.remove_prefix(used);
    more = used > 0;
    while (std::optional<IncomingRequest> incoming = codec_->next_request()) {
      more = true;
      hand_out(*std::move(incoming));
    }
    while (const std::optional<IncomingBody> incoming = codec_->next_body()) {
      more = true;
      tell_body(*incoming);
    }
    while (const std::optional<StreamId> stream = codec_->next_gone()) tell_gone(*stream);
  }
  if (in.empty() || codec_->closing()) {
    rest_ = std::string();
  } else if (rest_.empty()) {
    rest_.assign(in);
  } else {
    rest_.erase(0, offered - in.size());
  }
}

void Connection::hand_out(IncomingRequest&& incoming) {
  ++requests_;
  incoming.request.peer = peer_;
  incoming.request.scheme = scheme_;
  if (visitor_ && !visitor_->common_name.empty()) {
    incoming.request.certificate_name = {visitor_, &visitor_->common_name};
  }
  handler_.handle(core_.loop(), std::move(incoming.request), handle_of(incoming.stream));
}

void Connection::tell_body(const IncomingBody& incoming) {
  StreamObserver* const observer = observer_of(incoming.stream);
  if (observer) observer->on_body(handle_of(incoming.stream), incoming.piece.bytes, incoming.piece.last);
}

void Connection::tell_gone(StreamId stream) {
  StreamObserver* const observer = observer_of(stream);
  if (!observer) return;
  forget_observer(stream);
  codec_->forget(stream);
  observer->on_gone(handle_of(stream));
}

// A client that half-closes still gets the answers it waits for, but nobody can want a watch without end.
void Connection::end_input() {
  if (lingering_ || codec_->has_stream() || an_observer_ends_with_input()) return close();
  if (!codec_->wants_input() && !codec_->closing()) return;  // what it said before comes first
  codec_->end_input();
  rest_ = std::string();
}

// What the handler answers meanwhile makes the connection dirty again, so that nothing left over is forgotten.
void Connection::finish_turn() {
  if (greeting_ && !closed_) greet();
  if (greeting_) return;
  if (!closed_) flush();
  if (!closed_) take_input({});
  if (!closed_ && input_ended_) end_input();
  if (!closed_) flush();
  if (!closed_ && codec_->done() && codec_->output_bytes() == 0) linger();
  if (closed_) return;
  if (reads_when_writable_ && !waits_writable_) wait_writable();
  if (wants_to_read()) wait_readable();
  account();
  update_deadlines();
}

// Also when the codec has no use for more: only by reading do we learn that the client has gone.
bool Connection::wants_to_read() const {
  return !input_ended_ && !waits_readable_ && !reads_when_writable_ && rest_.size() < core_.limits().read_ahead_bytes;
}

void Connection::flush() {
  std::array<iovec, kGatherPieces> pieces;
  while (!waits_writable_ && codec_->prepare_output()) {
    const IoResult sent = transport_->write(std::span(pieces.data(), codec_->output(pieces)));
    switch (sent.status) {
      case IoStatus::kOk:
        core_.counters().bytes_out.add(sent.bytes);
        written_bytes_ += sent.bytes;
        codec_->wrote(sent.bytes);
        break;
      case IoStatus::kWouldBlock:
      case IoStatus::kWantsWrite:
        wait_writable();
        break;
      case IoStatus::kEnd:
      case IoStatus::kFailed:
        return close();
    }
  }
  notify_drained();
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
  auto read = [core = &core_, slot = slot_, generation = generation_](const auto&...) {
    core->take_turn([&] {
      if (Connection* connection = core->find(slot, generation)) connection->on_readable();
    });
  };
  if (transport_ && transport_->has_input()) {
    boost::asio::post(core_.io(), std::move(read));  // when the others have had their turn
  } else {
    descriptor_.async_wait(Descriptors::wait_read, std::move(read));
  }
}

void Connection::wait_writable() {
  waits_writable_ = true;
  descriptor_.async_wait(Descriptors::wait_write, [core = &core_, slot = slot_, generation = generation_](const auto&) {
    core->take_turn([&] {
      if (Connection* connection = core->find(slot, generation)) connection->on_writable();
    });
  });
}

bool Connection::may_say_more(StreamId stream) {
  if (codec_->backlog(stream) <= core_.limits().output_limit_bytes) return true;
  core_.counters().output_overflows.add();
  if (!codec_->cut_off(stream)) close();
  return false;
}

size_t Connection::backlog(StreamId stream) {
  const size_t bytes = codec_->backlog(stream);
  if (bytes > 0 && observers_.contains(stream) && std::ranges::find(backlogs_, stream) == backlogs_.end()) {
    backlogs_.push_back(stream);
  }
  return bytes;
}

void Connection::observe(StreamId stream, StreamObserver* observer) {
  observers_[stream] = observer;
  codec_->observe_body(stream, true);
  core_.mark_dirty(slot_, *this);
}

void Connection::forget_observer(StreamId stream) {
  if (observers_.erase(stream) == 0) return;
  codec_->observe_body(stream, false);
  std::erase(backlogs_, stream);
}

StreamObserver* Connection::observer_of(StreamId stream) const {
  const auto found = observers_.find(stream);
  return found == observers_.end() ? nullptr : found->second;
}

bool Connection::an_observer_ends_with_input() const {
  return std::ranges::any_of(observers_, [](const auto& entry) { return entry.second->ends_with_input(); });
}

// Observers may come and go while they are told.
void Connection::notify_drained() {
  std::vector<StreamId> drained;
  std::erase_if(backlogs_, [&](StreamId stream) {
    if (codec_->backlog(stream) > 0) return false;
    drained.push_back(stream);
    return true;
  });
  if (backlogs_.empty()) std::vector<StreamId>().swap(backlogs_);
  for (const StreamId stream : drained) {
    if (StreamObserver* const observer = observer_of(stream)) observer->on_drained(handle_of(stream));
  }
}

void Connection::begin_shutdown() {
  if (greeting_) return close();
  codec_->shut_down();
  if (codec_->closing()) rest_ = std::string();
  for (const auto& [stream, observer] : Observers(observers_)) {
    if (observer_of(stream) == observer) observer->on_shutdown(handle_of(stream));
  }
}

void Connection::close_if_revoked() {
  if (!visitor_ || !visitor_->is_revoked_now()) return;
  log::warn("closed the connection of a client whose certificate has been revoked",
            {{"remote-addr", peer_.to_string()}, {"common-name", visitor_->common_name}});
  close();
  core_.mark_dirty(slot_, *this);
}

void Connection::check_deadlines() {
  if (greeting_) {
    if (greeting_->deadline() > core_.now()) return;
    greeting_->expire();
    return close();
  }
  if (codec_->next_deadline() <= core_.now()) codec_->on_deadline();
  expire(deadlines_.expired(core_.now()));
}

void Connection::expire(Expiry expiry) {
  switch (expiry) {
    case Expiry::kNone:
      return;
    case Expiry::kHead:
    case Expiry::kBody:
      if (is_greeting()) settle_for_http1();
      return codec_->give_up(GiveUp::kTooSlow);
    case Expiry::kIdle:
      core_.counters().idle_timeouts.add();
      return protocol_ == Protocol::kHttp2 ? codec_->shut_down() : close();
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
  activity.phase = is_greeting() ? InputPhase::kHead : codec_->phase();
  activity.reading = codec_->wants_input();
  activity.requests_finished = requests_;
  activity.body_bytes = codec_->body_bytes();
  activity.owes_answer = codec_->in_flight() > 0;
  activity.output_bytes = codec_->pings_client() ? 0 : codec_->output_bytes();
  activity.written_bytes = written_bytes_;
  activity.lingering = lingering_;
  activity.http2 = protocol_ == Protocol::kHttp2;
  deadlines_.update(core_.now(), activity);
}

}  // namespace viaduct::net
