// How gRPC words the answers to a call, and carries a stream (v3-api.md 6.3).
// Threads: the loop's. Ownership: borrow dispatch.
#pragma once

#include <memory>
#include <string>

#include "net/handler.h"
#include "v3/dispatch.h"
#include "v3/grpc_message.h"
#include "v3/stream_wire.h"
#include "v3/unary_call.h"

namespace viaduct::v3 {

// The same for all calls with the same subtype of application/grpc.
class GrpcUnary final : public UnaryWire {
 public:
  GrpcUnary(const Dispatch& dispatch, std::string subtype) : dispatch_(dispatch), subtype_(std::move(subtype)) {}

  net::Reply success(const Message& response) const override;
  net::Reply success_encoded(Bytes response, const Message& prototype) const override;
  net::Reply failure(const Status& status, Speaker speaker) const override;
  Status deadline_exceeded() const override { return dispatch_.deadline_exceeded(); }

 private:
  net::Reply answer(std::string frame) const;

  const Dispatch& dispatch_;
  const std::string subtype_;
};

class GrpcStream final : public StreamWire {
 public:
  GrpcStream(const Dispatch& dispatch, net::ReplyHandle handle, std::string subtype, bool gzip)
      : dispatch_(dispatch),
        handle_(handle),
        subtype_(std::move(subtype)),
        reader_(dispatch, CallShape::kStream, gzip) {}

  void add(Bytes piece, bool last) override;
  Next next(Message& into, Status& wrong) override;
  bool send(const Message& response) override;
  bool send_encoded(Bytes response, const Message& prototype) override;
  void finish(const Status& status, Speaker speaker) override;
  Status deadline_exceeded() const override { return dispatch_.deadline_exceeded(); }

 private:
  void send_frame(const std::string& frame);

  const Dispatch& dispatch_;
  const net::ReplyHandle handle_;
  const std::string subtype_;
  MessageReader reader_;
  bool head_sent_ = false;
  bool half_closed_ = false;  // the client has sent all
  bool told_half_close_ = false;
};

}  // namespace viaduct::v3
