#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/grpc_messages.h"
#include "bench/measured.h"
#include "bench/pacer.h"
#include "bench/scenarios.h"
#include "bench/watch_streams.h"

namespace viaduct::bench {
namespace {

constexpr Figure kMedian{"from sending a Put to its event, median", "ms"};
constexpr Figure kP99{"from sending a Put to its event, p99", "ms"};
constexpr Figure kCpu{"server CPU of a Put and its event", "µs"};

constexpr size_t kWatchers = 1'000, kConnections = 10;
constexpr double kPerSecond = 1'000;
constexpr std::string_view kMark = "put:";

std::string key_of(size_t number) { return "/own/" + std::to_string(number % kWatchers); }

// Sends Puts without waiting for their answers.
class Writer final : public CallListener {
 public:
  explicit Writer(int port) : connection_(port, *this) {}
  void put(size_t number, const std::string& value) {
    connection_.start(kPutPath, number, put_message(key_of(number), value));
    connection_.flush();
  }
  void receive() { connection_.receive(); }
  void on_message(uint64_t, std::string_view) override {}
  void on_end(uint64_t) override {}

 private:
  GrpcConnection connection_;
};

// The value is the mark, the number of the Put and padding, so that an event names the Put it came from.
std::string value_of(size_t number) { return std::string(kMark) + std::to_string(number) + std::string(48, '.'); }

size_t number_in(std::string_view response) {
  const size_t at = response.find(kMark);
  if (at == std::string_view::npos) throw Failure("a watch response without the value that was put");
  return std::stoul(std::string(response.substr(at + kMark.size(), 20)));
}

LoadResult paced(const Plan& plan, const Server& server, WatchStreams& watchers) {
  constexpr int kShortMs = 1;
  LoadResult result;
  Writer writer(server.port());
  std::vector<Clock::time_point> sent;
  watchers.listen([&](std::string_view response) {
    result.latency.add(Clock::now() - sent[number_in(response)]);
    ++result.operations;
  });
  const Pacer pacer(kPerSecond);
  while (pacer.elapsed() < plan.seconds || result.operations < sent.size()) {
    while (pacer.elapsed() < plan.seconds && sent.size() < pacer.due()) {
      sent.push_back(Clock::now());
      writer.put(sent.size() - 1, value_of(sent.size() - 1));
    }
    watchers.receive(kShortMs);
    writer.receive();
    if (pacer.elapsed() > plan.seconds * 20) throw Failure("events are missing");
  }
  result.elapsed = pacer.elapsed();
  return result;
}

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  WatchStreams watchers(server.port(), kConnections, kWatchers, key_of);
  settle(server.pid());
  const Measured got = measure(server.pid(), [&] { return paced(plan, server, watchers); });
  samples.add(name, kMedian.name, got.p50_ms);
  samples.add(name, kP99.name, got.p99_ms);
  samples.add(name, kCpu.name, got.cpu_us);
}

}  // namespace

Scenario watch_own_keys() {
  return {"1,000 Puts a second to 1,000 watchers, a key each", 3, {kMedian, kP99, kCpu}, run};
}

}  // namespace viaduct::bench
