// HTTP/2 (RFC 9113), server side: streams side by side, each with flow control both ways, trailers and resets. Frames,
// HPACK and the states of streams are nghttp2's, which this wraps; limits, pings and what a stream means are ours.
// Promise: a stream that its client does not read holds up no other. A stream counts against its limit until its
//          handler has done with it, so that resetting it gains a client nothing.
// Memory:  some 20 KiB for an idle connection, most of it nghttp2's.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "net/codec.h"
#include "net/http2_conduct.h"
#include "net/http2_head.h"
#include "net/http2_keepalive.h"
#include "net/http2_rules.h"
#include "net/http2_stream.h"
#include "net/output_queue.h"

struct nghttp2_session;

namespace viaduct::net {

class Http2Codec final : public Codec {
 public:
  explicit Http2Codec(const CodecContext& context);  // the client's preface comes by feed()
  ~Http2Codec() override;

  size_t feed(Bytes in) override;
  std::optional<IncomingRequest> next_request() override;
  std::optional<IncomingBody> next_body() override;
  std::optional<StreamId> next_gone() override;
  void forget(StreamId stream) override;
  bool wants_input() const override;
  InputPhase phase() const override;
  uint64_t body_bytes() const override { return 0; }  // bodies have their deadlines here

  void end_input() override;
  void give_up(GiveUp reason) override;
  void shut_down() override;

  void reply(StreamId stream, Reply&& reply) override;
  void start_stream(StreamId stream, StreamHead&& head) override;
  void stream_chunk(StreamId stream, const Blob& bytes) override;
  void end_stream(StreamId stream, ReplyHeaders&& trailers) override;
  void reset(StreamId stream, uint32_t http2_error_code) override;
  void upgrade(StreamId, ReplyHeaders&&) override {}
  bool cut_off(StreamId stream) override;
  void observe_body(StreamId stream, bool observed) override;
  void pause_body(StreamId stream, bool paused) override;

  bool is_open(StreamId stream) const override;
  bool has_stream() const override { return streaming_ > 0; }
  size_t backlog(StreamId stream) const override;
  size_t in_flight() const override { return streams_.size(); }
  size_t held_bytes() const override { return output_.owned_bytes() + pending_bytes_ + body_bytes_; }

  bool prepare_output() override;
  size_t output_bytes() const override { return output_.bytes(); }
  size_t output(std::span<iovec> into) const override { return output_.gather(into); }
  void wrote(size_t bytes) override;
  bool closing() const override { return done(); }
  bool done() const override;

  TimePoint next_deadline() const override;
  void on_deadline() override;
  bool pings_client() const override { return has_stream(); }

 private:
  struct Callbacks;  // what nghttp2 calls
  using Stream = Http2Stream;

  Stream* find(StreamId id) const;
  Stream* find_open(StreamId id) const;  // one that the handler may speak on

  // Input. False: the connection has ended.
  bool on_frame_begun(uint8_t type, uint8_t flags, size_t payload_bytes);
  bool on_ping();
  bool open_stream(StreamId id);                                                             // false: refused
  bool add_field(StreamId id, bool in_head, std::string_view name, std::string_view value);  // false: malformed
  void reject(StreamId id);                                                                  // malformed
  void end_head(StreamId id, bool request_ended);
  void refuse(Stream& stream, const Refusal& refusal);
  void add_body(StreamId id, Bytes bytes);
  bool is_body_complete(Stream& stream);
  static bool has_right_length(Stream& stream, size_t more, bool ends);
  void end_body(Stream& stream);
  void hand_out(Stream& stream);
  void offer_body(Stream& stream);

  // Output.
  bool has_room() const;
  Stream* speak_on(StreamId id);
  void answer(Stream& stream, Reply&& reply);
  void submit_head(Stream& stream, const StreamHead& head, std::optional<uint64_t> content_length, bool with_body);
  void submit_trailers(Stream& stream);
  void reset_stream(Stream& stream, uint32_t http2_error_code);
  void resume(Stream& stream);
  void frame_body(Stream& stream, Bytes frame_head, size_t size);
  void on_answer_sent(StreamId id, bool ended);
  bool on_reset_sent(StreamId id, uint32_t error_code);  // false: it was one too many

  // Ends of streams and of the connection.
  void lose(Stream& stream);    // its handler, if it has one, is to be told
  void finish(Stream& stream);  // its handler owes nothing any more
  void on_closed(StreamId id);
  void drop(Stream& stream);
  void erase(Stream& stream);
  bool fail(const Offence& offence);  // false
  bool allow(const Offence* offence) { return !offence || fail(*offence); }
  void die();
  std::vector<StreamId> sorted_streams() const;

  // Deadlines of streams.
  TimePoint deadline(const Stream& stream) const;
  void check_at(TimePoint at) { check_at_ = std::min(check_at_, at); }
  void check_streams();

  CodecContext context_;
  nghttp2_session* session_ = nullptr;
  Http2Conduct conduct_;
  Http2Keepalive keepalive_;
  Http2Rules rules_;  // of the header block being read
  Http2Head head_;
  absl::flat_hash_map<StreamId, std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Stream>> spare_;  // to be used again
  std::deque<StreamId> ready_;                  // to be handed out
  std::deque<StreamId> bodies_;                 // with something to tell, unless it was paused meanwhile
  std::deque<StreamId> gone_;                   // to be told
  OutputQueue output_;
  uint64_t written_bytes_ = 0;
  size_t pending_bytes_ = 0;  // of all streams
  size_t body_bytes_ = 0;     // of requests not handed out, and of streamed bodies not taken
  size_t streaming_ = 0;      // answers begun by start_stream() and not finished
  TimePoint check_at_ = kNever;
  StreamId head_stream_ = 0;  // whose header block is being read; 0: none
  bool greeted_ = false;      // the client's SETTINGS were received
  bool dead_ = false;         // nothing more is read or framed
  bool shutting_down_ = false;
};

}  // namespace viaduct::net
