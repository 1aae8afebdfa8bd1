// A stream as server-sent events (the HTML standard, 9.2; docs/gateway.md): what a browser's EventSource understands.
#pragma once

#include <optional>
#include <string>

#include "net/loop.h"
#include "v3/gateway_replies.h"
#include "v3/json_codec.h"
#include "v3/release.h"
#include "v3/stream_wire.h"

namespace viaduct::v3 {

// One response of a watch as events: created, put, delete, progress, canceled. With ids: of each revision the last
// event carries it, so that a client which comes back with the id of the last event it saw misses none; the
// confirmation carries one when `starts_now`, for then the watch begins behind it.
void append_watch_events(std::string& to, const Message& watch_response, const JsonCodec& codec, bool with_ids,
                         bool starts_now);

class ServerSentEvents final : public StreamWire {
 public:
  // `only_request` is null when the requests come with the body.
  ServerSentEvents(net::ReplyHandle handle, const JsonCodec& codec, const Release& release, net::ReplyHeaders headers,
                   uint64_t value_limit_bytes, const Method& method, const Message* only_request);
  ~ServerSentEvents() override;

  void add(Bytes piece, bool last) override { requests_.add(piece, last); }
  Next next(Message& into, Status& wrong) override { return ChunkedJson::next_of(requests_, into, wrong); }
  bool send(const Message& response) override;
  bool send_encoded(Bytes response, const Message& prototype) override { return send(*decoded(response, prototype)); }
  void finish(const Status& status, Speaker speaker) override;
  Status deadline_exceeded() const override { return gateway_deadline_exceeded(); }

 private:
  void start();
  void say(const std::string& text);
  void beat_later();

  const net::ReplyHandle handle_;
  const JsonCodec codec_;
  const Release& release_;
  const net::ReplyHeaders headers_;
  JsonRequests requests_;
  const bool is_watch_;
  const bool is_one_watch_;  // so that the ids of its events say where it is
  const bool starts_now_;    // it, not in the past
  bool started_ = false;
  net::Loop::TimerId heartbeat_;
};

}  // namespace viaduct::v3
