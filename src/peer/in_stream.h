// One stream that a peer dialled: frames out of the body of its request.
// Threads: its loop's, but for supersede() and info.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "net/handler.h"
#include "net/loop.h"
#include "peer/frame_codec.h"
#include "peer/handshake.h"

namespace viaduct::peer {

class Port;

class InStream final : public net::StreamObserver, public std::enable_shared_from_this<InStream> {
 public:
  InStream(Port& port, net::Loop& loop, net::ReplyHandle handle, const Greeting& greeting, StreamKind kind);

  void start();
  // Nothing of it counts any more; it ends soon. From any thread.
  void supersede();

  const Greeting& greeting() const { return greeting_; }
  StreamKind kind() const { return kind_; }

 private:
  void on_body(net::ReplyHandle handle, Bytes bytes, bool last) override;
  void on_gone(net::ReplyHandle handle) override;
  void on_drained(net::ReplyHandle) override {}
  void on_shutdown(net::ReplyHandle handle) override;
  bool ends_with_input() const override { return true; }

  void remove_misdirected(std::vector<Frame>& frames) const;
  void await_check();
  void check();
  void cut(int status, const char* why);
  void finish();

  Port& port_;
  net::Loop& loop_;
  const net::ReplyHandle handle_;
  const Greeting greeting_;
  const StreamKind kind_;
  FrameReader reader_;
  net::TimePoint heard_at_;
  net::Loop::TimerId check_timer_{};
  bool open_ = false;
  std::atomic<bool> superseded_{false};
};

}  // namespace viaduct::peer
