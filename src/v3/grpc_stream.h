// One gRPC stream: the service's Call on one side, the loop's observer on the other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/handler.h"
#include "v3/call.h"
#include "v3/grpc_headers.h"
#include "v3/grpc_message.h"
#include "v3/grpc_streams.h"
#include "v3/method.h"

namespace viaduct::v3 {

class GrpcStream final : public Call, private net::StreamObserver {
 public:
  GrpcStream(GrpcStreams& owner, GrpcStreams::Id id, const Method& method, net::ReplyHandle handle, GrpcHead&& head);
  ~GrpcStream() override;

  void begin(Bytes only_message);  // of a server stream
  void abort(Status status);       // tells the service that its client is gone, and the client why
  bool requires_leader() const { return !ended_ && Dispatch::requires_leader(head_.metadata); }

  net::Loop& loop() override { return *handle_.loop; }
  const Metadata& metadata() const override { return head_.metadata; }
  void reply(const Message& response) override { send(response); }
  void send(const Message& response) override;
  void send_encoded(Bytes response, const Message& prototype) override;
  void finish(Status status) override;
  bool is_open() const override { return !ended_; }
  void when_gone(std::function<void()>) override {}
  size_t backlog() override { return loop().stream_backlog(handle_); }
  void pause_input(bool paused) override;

 private:
  void on_gone(net::ReplyHandle handle) override;
  void on_drained(net::ReplyHandle handle) override;
  void on_shutdown(net::ReplyHandle handle) override;
  void on_body(net::ReplyHandle handle, Bytes piece, bool last) override;

  void read_only_message(Bytes body);
  void read_messages();
  void send_frame(const std::string& frame);
  void end(StatusCode code);

  GrpcStreams& owner_;
  const GrpcStreams::Id id_;
  const Method& method_;
  const net::ReplyHandle handle_;
  const GrpcHead head_;
  MessageReader reader_;
  std::unique_ptr<Message> message_;  // read into again and again
  std::unique_ptr<Inbound> inbound_;
  std::optional<net::Loop::TimerId> deadline_;
  bool head_sent_ = false;
  bool ended_ = false;
  bool paused_ = false;
  bool reading_ = false;      // inside read_messages()
  bool half_closed_ = false;  // the client has sent all
  bool told_half_close_ = false;
};

}  // namespace viaduct::v3
