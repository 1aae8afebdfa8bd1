// A call without a wire: keeps what a service says to it, and plays its client.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "v3/call.h"
#include "v3/method.h"

namespace viaduct::v3 {

// What was said. Outlives the call; touched on its loop only.
struct Said {
  std::vector<std::string> messages;  // encoded
  std::optional<Status> end;
  bool call_is_gone = false;  // the call was destroyed
  bool input_paused = false;
  size_t backlog = 0;  // as the test has it
  bool client_is_gone = false;
  std::function<void()> when_gone;

  template <typename Response>
  Response message(size_t i) const {
    REQUIRE(i < messages.size());
    Response response;
    REQUIRE(response.ParseFromString(messages[i]));
    return response;
  }

  void leave() {
    client_is_gone = true;
    if (const auto told = std::exchange(when_gone, nullptr)) told();
  }
};

class FakeCall final : public Call {
 public:
  FakeCall(std::shared_ptr<Said> said, net::Loop* loop) : said_(std::move(said)), loop_(loop) {}
  ~FakeCall() override {
    said_->when_gone = nullptr;
    said_->call_is_gone = true;
  }

  net::Loop& loop() override {
    REQUIRE(loop_);
    return *loop_;
  }
  const Metadata& metadata() const override { return metadata_; }
  void reply(const Message& response) override {
    if (!is_open()) return;
    said_->messages.push_back(response.SerializeAsString());
    said_->end.emplace();
  }
  void send(const Message& response) override {
    if (is_open()) said_->messages.push_back(response.SerializeAsString());
  }
  void send_encoded(Bytes response, const Message&) override {
    if (is_open()) said_->messages.emplace_back(response);
  }
  void finish(Status status) override {
    if (is_open()) said_->end = std::move(status);
  }
  bool is_open() const override { return !said_->end && !said_->client_is_gone; }
  void when_gone(std::function<void()> function) override { said_->when_gone = std::move(function); }
  size_t backlog() override { return said_->backlog; }
  void pause_input(bool paused) override { said_->input_paused = paused; }

 private:
  const std::shared_ptr<Said> said_;
  net::Loop* const loop_;
  const Metadata metadata_;
};

// Calls a unary method; what it says may come later.
inline std::shared_ptr<Said> invoke(const Methods& methods, const std::string& path, Message& request,
                                    net::Loop* loop = nullptr) {
  const Method* method = methods.find(path);
  REQUIRE(method);
  auto said = std::make_shared<Said>();
  method->invoke(std::make_unique<FakeCall>(said, loop), request);
  return said;
}

// An open stream: its two ends, and what the service says.
struct FakeStream {
  FakeStream(const Methods& methods, const std::string& path, net::Loop* loop = nullptr)
      : said(std::make_shared<Said>()), call(said, loop) {
    const Method* method = methods.find(path);
    REQUIRE(method);
    inbound = method->open(call);
  }

  const std::shared_ptr<Said> said;
  FakeCall call;
  std::unique_ptr<Inbound> inbound;
};

}  // namespace viaduct::v3
