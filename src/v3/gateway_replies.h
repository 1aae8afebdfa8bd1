// Answers of the gateway over plain HTTP (v3-api.md 1.5): whole ones, and streams of one JSON text per chunk.
#pragma once

#include <memory>
#include <string>

#include "net/loop.h"
#include "net/reply.h"
#include "v3/json_codec.h"
#include "v3/release.h"
#include "v3/stream_wire.h"
#include "v3/unary_call.h"

namespace viaduct::v3 {

// {"error":...} with its HTTP status. `headers` are what every answer carries.
net::Reply gateway_failure(const Status& status, Speaker speaker, const Release& release, net::ReplyHeaders headers);

class GatewayUnary final : public UnaryWire {
 public:
  GatewayUnary(const JsonCodec& codec, const Release& release, net::ReplyHeaders headers)
      : codec_(codec), release_(release), headers_(std::move(headers)) {}

  net::Reply success(const Message& response) const override;
  net::Reply success_encoded(Bytes response, const Message& prototype) const override;
  net::Reply failure(const Status& status, Speaker speaker) const override;
  Status deadline_exceeded() const override;

 private:
  const JsonCodec codec_;
  const Release& release_;
  const net::ReplyHeaders headers_;
};

// What the gateway calls a deadline that has passed, whatever the release.
Status gateway_deadline_exceeded();

// {"result":...}\n in a chunk of its own for each message, which is what a widespread client counts on.
class ChunkedJson final : public StreamWire {
 public:
  ChunkedJson(net::ReplyHandle handle, const JsonCodec& codec, const Release& release, net::ReplyHeaders headers,
              uint64_t value_limit_bytes)
      : handle_(handle),
        codec_(codec),
        release_(release),
        headers_(std::move(headers)),
        requests_(codec, value_limit_bytes) {}

  void add(Bytes piece, bool last) override { requests_.add(piece, last); }
  Next next(Message& into, Status& wrong) override { return next_of(requests_, into, wrong); }
  bool send(const Message& response) override;
  bool send_encoded(Bytes response, const Message& prototype) override { return send(*decoded(response, prototype)); }
  void finish(const Status& status, Speaker speaker) override;
  Status deadline_exceeded() const override { return gateway_deadline_exceeded(); }

  static Next next_of(JsonRequests& requests, Message& into, Status& wrong);

 private:
  void start(int status, bool with_messages);

  const net::ReplyHandle handle_;
  const JsonCodec codec_;
  const Release& release_;
  const net::ReplyHeaders headers_;
  JsonRequests requests_;
  bool started_ = false;
};

}  // namespace viaduct::v3
