// Many v3 watchers on a few connections, one stream each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/grpc_connection.h"
#include "bench/poller.h"

namespace viaduct::bench {

class WatchStreams {
 public:
  // Returns when all watchers are created. Watcher number n watches `key_of(n)`; n % `connections` is its connection.
  WatchStreams(int port, size_t connections, size_t watchers, const std::function<std::string(size_t)>& key_of);
  ~WatchStreams();

  // `on_event` is told of every watch response with events from now on, encoded.
  void listen(std::function<void(std::string_view response)> on_event) { on_event_ = std::move(on_event); }
  void receive(int milliseconds);  // waits so long for something to come, and takes all that has

 private:
  class Stream;

  std::vector<std::unique_ptr<Stream>> streams_;
  Poller poller_;
  size_t created_ = 0;
  std::function<void(std::string_view)> on_event_;
};

}  // namespace viaduct::bench
