// One client connection: moves bytes between its socket and its codec, and requests from there to the handler.
// Private to the loop, which looks it up by slot and generation whenever something happens to it, and destroys it when
// it says closed().
// Threads: its loop's.
#pragma once

#include <absl/container/btree_map.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/admission.h"
#include "net/codec.h"
#include "net/deadlines.h"
#include "net/descriptor.h"
#include "net/handler.h"
#include "net/protocol.h"
#include "net/tls_greeting.h"
#include "net/transport.h"

namespace viaduct::net {

class LoopCore;

// What an accepted socket brings along.
struct Accepted {
  Descriptor descriptor;  // non-blocking
  Handler* handler;
  PeerAddress peer;
  std::unique_ptr<Admission::Ticket> ticket;
  std::shared_ptr<TlsDoor> door;  // null: plain HTTP
};

class Connection {
 public:
  Connection(LoopCore& core, uint32_t slot, uint32_t generation, Accepted accepted);

  void on_readable();
  void on_writable();
  // Ends a turn: writes what there is to say, takes requests that had to wait, and waits for what comes next.
  void finish_turn();
  void begin_shutdown();
  void close() { closed_ = true; }

  bool closed() const { return closed_; }
  size_t held_bytes() const { return held_bytes_; }
  TimePoint next_deadline() const {
    return greeting_ ? greeting_->deadline() : std::min(deadlines_.next(), codec_->next_deadline());
  }
  void check_deadlines();
  void close_if_revoked();  // the certificate that its client has shown
  Codec& codec() { return *codec_; }
  // False, and the stream or the connection is as good as gone, when its client has left too much unread.
  bool may_say_more(StreamId stream);
  size_t backlog(StreamId stream);
  void observe(StreamId stream, StreamObserver* observer);  // has none yet
  void forget_observer(StreamId stream);

  using Observers = absl::btree_map<StreamId, StreamObserver*>;
  Observers take_observers() { return std::exchange(observers_, {}); }

  bool dirty = false;           // the loop will call finish_turn()
  TimePoint check_at = kNever;  // when the loop calls check_deadlines()

 private:
  void greet();
  void begin(Greeted greeted);
  void speak(Protocol protocol);
  bool knows_protocol(Bytes first);
  bool is_greeting() const { return protocol_ == Protocol::kUndecided && !rest_.empty(); }  // maybe
  void settle_for_http1();
  void take_input(Bytes fresh);
  void hand_out(IncomingRequest&& incoming);
  void tell_body(const IncomingBody& incoming);
  void tell_gone(StreamId stream);
  void end_input();
  void flush();
  void linger();
  bool wants_to_read() const;
  void wait_readable();
  void wait_writable();
  void notify_drained();
  void expire(Expiry expiry);
  void account();
  void update_deadlines();
  CodecContext codec_context() const;
  ReplyHandle handle_of(StreamId stream) const;
  StreamObserver* observer_of(StreamId stream) const;
  bool an_observer_ends_with_input() const;

  LoopCore& core_;
  const uint32_t slot_;
  const uint32_t generation_;
  Handler& handler_;
  const PeerAddress peer_;
  Scheme scheme_ = Scheme::kHttp;
  const std::unique_ptr<Admission::Ticket> ticket_;
  boost::asio::posix::stream_descriptor descriptor_;
  std::unique_ptr<TlsGreeting> greeting_;  // until it is over; there is no transport before
  std::unique_ptr<Transport> transport_;
  std::shared_ptr<const TlsVisitor> visitor_;  // shared with its requests; null: without a certificate
  std::unique_ptr<Codec> codec_;
  Protocol protocol_ = Protocol::kUndecided;
  Deadlines deadlines_;
  std::string rest_;                // input that the codec could not use yet
  Observers observers_;             // of requests in flight
  std::vector<StreamId> backlogs_;  // of those that are to be told on_drained()
  uint64_t requests_ = 0;           // handed out
  uint64_t written_bytes_ = 0;
  size_t held_bytes_ = 0;  // as the loop knows it
  bool waits_readable_ = false;
  bool waits_writable_ = false;
  bool reads_when_writable_ = false;
  bool input_ended_ = false;  // the client sends no more
  bool lingering_ = false;    // we send no more and wait for the client to close
  bool closed_ = false;
};

}  // namespace viaduct::net
