// A real server on loopback with a clock of its own, and a plain blocking client for it.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "net/descriptor.h"
#include "net/listener.h"

namespace viaduct::net {

class TestClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return std::chrono::nanoseconds(now_.load()); }
  int64_t wall_ns() const override { return 784'111'777LL * 1'000'000'000; }  // Sun, 06 Nov 1994 08:49:37 GMT
  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{1'000'000'000'000};
};

// A blocking client. Reads give up after 10 s, so that a test that waits in vain fails.
class Client {
 public:
  explicit Client(const std::string& address);  // 127.0.0.1:80, [::1]:80, or a path
  bool connected() const { return static_cast<bool>(descriptor_); }
  void send(std::string_view bytes);
  void half_close();
  void reset();  // closes with RST
  void close() { descriptor_ = Descriptor(); }
  void set_receive_buffer(int bytes);

  std::string read_until(std::string_view end);  // all read so far, up to and with `end`
  std::string read_reply();                      // head and Content-Length body
  std::string read_some();                       // what there is, once there is any; empty at the end
  std::string read_to_end();                     // until the server closes; "(open)" if it does not
  std::string get(const std::string& target);    // body of a GET

 private:
  bool fill();  // false at the end

  Descriptor descriptor_;
  std::string buffer_;
};

// Answers with `answer`, on the loop.
class FunctionHandler final : public Handler {
 public:
  using Answer = std::function<void(Loop&, Request&&, ReplyHandle)>;
  explicit FunctionHandler(Answer answer, BodyPlan plan = {}) : answer_(std::move(answer)), plan_(plan) {}
  BodyPlan body_plan(const Request&) const override { return plan_; }
  void handle(Loop& loop, Request&& request, ReplyHandle handle) override { answer_(loop, std::move(request), handle); }

 private:
  const Answer answer_;
  const BodyPlan plan_;
};

// Answers with the target and the body.
void echo(Loop& loop, Request&& request, ReplyHandle handle);

class Server {
 public:
  explicit Server(FunctionHandler::Answer answer = echo, const Limits& limits = Limits(),
                  const ListenOptions& options = ListenOptions(), size_t threads = 1, BodyPlan plan = {});
  ~Server();

  const std::string& address() const { return listener->addresses()[0]; }
  Loop& loop() { return loops.loop(0); }
  uint64_t count(Counter Counters::*counter) const { return loops.sum(counter); }
  void on_loop(const std::function<void()>& function);  // runs it there and waits
  void pass(std::chrono::nanoseconds time);             // moves the clock and sweeps

  TestClock clock;
  FunctionHandler handler;
  LoopGroup loops;
  std::unique_ptr<Listener> listener;
};

struct StreamServer : Server {
  explicit StreamServer(FunctionHandler::Answer answer, const Limits& limits = Limits())
      : Server(std::move(answer), limits, ListenOptions(), 1, {BodyPlan::Shape::kStreamed}) {}
};

// Waits for another thread to make it true; false after 10 s.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace viaduct::net
