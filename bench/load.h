// A closed-loop load: `clients` keep-alive connections, each of which sends its next request as soon as the last is
// answered. One thread, one epoll; far cheaper than any server under test, with which it shares the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/connection.h"
#include "bench/poller.h"
#include "bench/requests.h"
#include "bench/runner.h"

namespace viaduct::bench {

class Load final : public Runner {
 public:
  Load(int port, size_t clients, RequestSource source);  // connects; nothing is sent yet

  LoadResult run_for(std::chrono::nanoseconds time) override;

  LoadResult run_operations(uint64_t count);  // returns with that many answers, or when the source is exhausted

 private:
  void start();
  void take(size_t number, LoadResult& result);
  void send_next(Connection& connection);
  template <typename Enough>
  LoadResult run(Enough enough);

  RequestSource source_;
  std::vector<Connection> connections_;
  Poller poller_;
  size_t in_flight_ = 0;
  bool started_ = false;
};

// Sends all of `source` and waits for the answers.
LoadResult send_all(int port, size_t clients, RequestSource source);

}  // namespace viaduct::bench
