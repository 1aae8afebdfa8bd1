// HTTP/1.0 and 1.1 (RFC 9112), server side: keep-alive, pipelining, chunked bodies both ways, Expect, Upgrade.
// Promise: replies leave in the order of their requests. A request that is not safe (RFC 9110, 9.2.1) is handed out
//          only when all before it are answered, and nothing is handed out before it is answered itself.
//          A connection whose request is answered before its streamed body was read closes.
#pragma once

#include <memory>
#include <vector>

#include "net/codec.h"
#include "net/http1_parser.h"
#include "net/output_queue.h"

namespace viaduct::net {

class Http1Codec final : public Codec {
 public:
  explicit Http1Codec(const CodecContext& context);

  size_t feed(Bytes in) override;
  std::optional<IncomingRequest> next_request() override;
  std::optional<IncomingBody> next_body() override;
  bool wants_input() const override;
  InputPhase phase() const override;
  uint64_t body_bytes() const override;

  void end_input() override;
  void give_up(GiveUp reason) override;
  void shut_down() override;

  void reply(StreamId stream, Reply&& reply) override;
  void start_stream(StreamId stream, StreamHead&& head) override;
  void stream_chunk(StreamId stream, const Blob& bytes) override;
  void end_stream(StreamId stream, ReplyHeaders&& trailers) override;
  void reset(StreamId stream, uint32_t http2_error_code) override;
  void upgrade(StreamId stream, ReplyHeaders&& headers) override;
  void observe_body(StreamId stream, bool observed) override;
  void pause_body(StreamId stream, bool paused) override;

  bool is_open(StreamId stream) const override { return find(stream) != nullptr; }
  bool has_stream() const override;
  size_t backlog(StreamId stream) const override;
  size_t in_flight() const override { return exchanges_.size(); }

  size_t held_bytes() const override;
  bool prepare_output() override { return !output_.empty(); }
  size_t output_bytes() const override { return output_.bytes(); }
  size_t output(std::span<iovec> into) const override { return output_.gather(into); }
  void wrote(size_t bytes) override { output_.drop(bytes); }
  bool closing() const override { return closing_ && body_stream_ == 0; }
  bool done() const override { return closing_ && exchanges_.empty() && !parser_; }

 private:
  // A request handed out, until its answer is complete and all answers before it are.
  struct Exchange {
    StreamId stream;
    bool is_head = false;  // the answer has no body
    bool version_10 = false;
    bool keep_alive = true;  // the connection outlives the answer
    bool safe = true;
    bool streaming = false;  // the head of a chunked answer was given
    bool answered = false;   // to the end
    bool raw = false;        // another protocol, behind a 101
    OutputQueue held;        // the answer so far, while others are before it
    std::unique_ptr<StreamedBody> body;
  };

  Exchange* find(StreamId stream);
  const Exchange* find(StreamId stream) const;
  OutputQueue& output_of(Exchange& exchange);
  bool may_hand_out() const;
  static bool is_chunked(const Exchange& exchange) {
    return !exchange.version_10 && !exchange.is_head && !exchange.raw;
  }
  static bool awaits_body(const Exchange& exchange) { return exchange.body && !exchange.body->ended(); }
  bool has_room_for_body() const;
  void collect_body();

  void send_continue_if_due();
  void refuse(Refusal refusal);  // by value: the parser it may come from goes away
  void stop_requests();
  void stop_now();
  void begin_head(OutputQueue& out, const Exchange& exchange, int status, const ReplyHeaders& headers);
  void end_head(OutputQueue& out, const Exchange& exchange);
  void reply_with_trailers(StreamId stream, Reply&& reply);
  void finish(Exchange& exchange);

  CodecContext context_;
  std::unique_ptr<Http1Parser> parser_;  // only while a request is being read or waits to be handed out
  StreamId body_stream_ = 0;             // was handed out and its body is being read; 0: none
  std::vector<Exchange> exchanges_;      // in the order of the requests
  OutputQueue output_;
  StreamId next_stream_ = 1;
  bool skipped_line_ = false;  // the one empty line before a request
  bool continue_sent_ = false;
  bool closing_ = false;  // no further request is taken
};

}  // namespace viaduct::net
