// Services over a store that their own commands change. All of it happens on one loop.
#pragma once

#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/loop_group.h"
#include "test/v3/fake_call.h"
#include "test/v3bridge/bridge_engine.h"
#include "v3/key_signals.h"
#include "v3/service.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {

using v3bridge::BridgeEngine;

class ServiceWorld {
 public:
  ServiceWorld();
  ~ServiceWorld();

  // Each of these settles: returns once nothing is left to do.
  std::shared_ptr<Said> call(const std::string& path, Message& request);
  // The answer to a request given as text, as text on one line; or the error's message.
  template <typename Request, typename Response>
  std::string ask(const std::string& path, const std::string& text) {
    Request request;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &request));
    const auto said = call(path, request);
    if (said->messages.empty()) return said->end ? said->end->message : "(waits)";
    return said->template message<Response>(0).ShortDebugString();
  }
  void on_loop(const std::function<void()>& function);
  void settle();
  v3bridge::Outcome apply(const Command& command);
  void leave(const std::shared_ptr<Said>& said);  // the client of that call goes

  // Live keys: "k=v lease 5 from 2", with the create revision behind "from".
  std::vector<std::string> keys();
  int64_t revision();
  net::Loop& loop() { return loops_.loop(0); }

  BridgeEngine engine;
  Methods methods;
  ServiceOptions options;

 private:
  SystemClock clock_;
  net::LoopGroup loops_{clock_, net::Limits(), 1};

 public:
  KeySignals signals{engine, loops_};
};

}  // namespace viaduct::v3
