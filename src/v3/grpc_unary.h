// A unary gRPC call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/handler.h"
#include "net/loop.h"
#include "v3/call.h"
#include "v3/dispatch.h"
#include "v3/grpc_headers.h"
#include "v3/method.h"

namespace viaduct::v3 {

// Dies on its loop, or when the loops have let go of every request.
class GrpcUnary final : public Call {
 public:
  GrpcUnary(Dispatch& dispatch, const Method& method, net::ReplyHandle handle, GrpcHead&& head);
  ~GrpcUnary() override;

  net::Loop& loop() override { return *handle_.loop; }
  const Metadata& metadata() const override { return head_.metadata; }
  void reply(const Message& response) override;
  void send(const Message& response) override { reply(response); }
  void send_encoded(Bytes response, const Message& prototype) override;
  void finish(Status status) override;
  bool is_open() const override { return !answered_ && handle_.loop->is_open(handle_); }
  void when_gone(std::function<void()> function) override;
  size_t backlog() override { return 0; }
  void pause_input(bool) override {}

 private:
  class Watch;

  void start_deadline();
  void answer(std::string frame);
  void ended(StatusCode code);

  Dispatch& dispatch_;
  const Method& method_;
  const net::ReplyHandle handle_;
  const GrpcHead head_;
  bool answered_ = false;
  std::shared_ptr<Watch> watch_;  // made when needed; the deadline's timer holds on to it as well
};

}  // namespace viaduct::v3
