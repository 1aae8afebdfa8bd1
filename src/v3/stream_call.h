// A stream of whatever wire: the service's Call on one side, the loop's observer on the other.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "net/handler.h"
#include "v3/call.h"
#include "v3/live_streams.h"
#include "v3/method.h"
#include "v3/stream_wire.h"

namespace viaduct::v3 {

class StreamCall final : public Call, private net::StreamObserver {
 public:
  StreamCall(LiveStreams& owner, LiveStreams::Id id, StreamStart&& start);
  ~StreamCall() override;

  void begin(std::optional<std::chrono::nanoseconds> timeout, Message* only_message);
  void abort(Status status, Speaker speaker);  // tells the service that its client is gone, and the client why
  bool requires_leader() const { return !ended_ && Dispatch::requires_leader(metadata_); }

  net::Loop& loop() override { return *handle_.loop; }
  const Metadata& metadata() const override { return metadata_; }
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
  bool ends_with_input() const override { return true; }  // before its first answer, too

  void hand_in(Message& message);
  void read_messages();
  void take(StreamWire::Next next, Status&& wrong);
  void leave();
  void end(StatusCode code);

  LiveStreams& owner_;
  const LiveStreams::Id id_;
  const Method& method_;
  const net::ReplyHandle handle_;
  const Metadata metadata_;
  const std::unique_ptr<StreamWire> wire_;
  const std::unique_ptr<Message> message_;  // read into again and again
  std::unique_ptr<Inbound> inbound_;
  std::optional<net::Loop::TimerId> deadline_;
  bool ended_ = false;
  bool paused_ = false;
  bool reading_ = false;  // inside read_messages()
};

}  // namespace viaduct::v3
