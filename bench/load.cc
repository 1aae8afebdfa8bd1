#include "bench/load.h"

#include <limits>
#include <utility>

#include "bench/failure.h"

namespace viaduct::bench {

Load::Load(int port, size_t clients, RequestSource source) : source_(std::move(source)) {
  connections_.reserve(clients);
  for (size_t i = 0; i < clients; ++i) {
    connections_.emplace_back(port);
    poller_.add(connections_.back().socket(), i);
  }
}

LoadResult Load::run_for(std::chrono::nanoseconds time) {
  const auto end = Clock::now() + time;
  return run([end](const LoadResult&) { return Clock::now() >= end; });
}

LoadResult Load::run_operations(uint64_t count) {
  return run([count](const LoadResult& result) { return result.operations >= count; });
}

template <typename Enough>
LoadResult Load::run(Enough enough) {
  constexpr int kPatienceMs = 60'000;
  LoadResult result;
  const auto begin = Clock::now();
  if (!std::exchange(started_, true)) start();
  while (in_flight_ > 0 && !enough(result)) {
    const auto ready = poller_.wait(kPatienceMs);
    if (ready.empty()) throw Failure("no answer within a minute");
    for (const size_t number : ready) take(number, result);
  }
  result.elapsed = Clock::now() - begin;
  return result;
}

void Load::start() {
  for (Connection& connection : connections_) send_next(connection);
}

void Load::take(size_t number, LoadResult& result) {
  Connection& connection = connections_[number];
  while (connection.receive()) {
  }
  if (!connection.answered()) return;
  connection.require_success();
  result.latency.add(Clock::now() - connection.sent_at());
  ++result.operations;
  --in_flight_;
  send_next(connection);
}

void Load::send_next(Connection& connection) {
  const std::string_view request = source_();
  if (request.empty()) return;
  connection.send(request);
  ++in_flight_;
}

LoadResult send_all(int port, size_t clients, RequestSource source) {
  return Load(port, clients, std::move(source)).run_operations(std::numeric_limits<uint64_t>::max());
}

}  // namespace viaduct::bench
