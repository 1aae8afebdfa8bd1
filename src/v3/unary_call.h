// A unary call of whatever wire: answered once, by its service, its deadline or the end of the server.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "net/handler.h"
#include "net/loop.h"
#include "net/reply.h"
#include "v3/call.h"
#include "v3/dispatch.h"
#include "v3/method.h"

namespace viaduct::v3 {

// Who says how a call ended: the method, or the wire before or instead of it.
enum class Speaker { kMethod, kWire };

// How a wire words an answer.

// Threads: the loop's.
class UnaryWire {
 public:
  virtual ~UnaryWire() = default;
  virtual net::Reply success(const Message& response) const = 0;
  virtual net::Reply success_encoded(Bytes response, const Message& prototype) const = 0;
  virtual net::Reply failure(const Status& status, Speaker speaker) const = 0;
  virtual Status deadline_exceeded() const = 0;
};

// Dies on its loop, or when the loops have let go of every request.
class UnaryCall final : public Call {
 public:
  UnaryCall(Dispatch& dispatch, const Method& method, net::ReplyHandle handle, Metadata&& metadata,
            std::optional<std::chrono::nanoseconds> timeout, std::shared_ptr<const UnaryWire> wire);
  ~UnaryCall() override;

  net::Loop& loop() override { return *handle_.loop; }
  const Metadata& metadata() const override { return metadata_; }
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

  void start_deadline(std::chrono::nanoseconds timeout);
  void answer(net::Reply reply);
  void ended(StatusCode code);

  Dispatch& dispatch_;
  const Method& method_;
  const net::ReplyHandle handle_;
  const Metadata metadata_;
  const std::shared_ptr<const UnaryWire> wire_;  // other calls share it; the deadline's timer holds on to it as well
  bool answered_ = false;
  std::shared_ptr<Watch> watch_;  // made when needed; likewise
};

}  // namespace viaduct::v3
