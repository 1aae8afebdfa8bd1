#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/grpc_load.h"
#include "bench/grpc_messages.h"
#include "bench/measured.h"
#include "bench/pacer.h"
#include "bench/scenarios.h"

namespace viaduct::bench {
namespace {

constexpr Figure kMedian{"answer to a keep-alive, median", "ms"};
constexpr Figure kP99{"answer to a keep-alive, p99", "ms"};
constexpr Figure kCpu{"server CPU of a keep-alive", "µs"};

constexpr size_t kLeases = 10'000, kStreams = 10;
constexpr double kPerSecond = 10'000;

// One stream that renews its leases in turn; answers come in the order of the requests.
class Renewer final : public CallListener {
 public:
  Renewer(int port, LoadResult& result) : connection_(port, *this), result_(result) {
    connection_.start_stream(kKeepAlivePath, 0);
  }
  void renew(int64_t lease) {
    sent_.push_back(Clock::now());
    connection_.send(0, keep_alive_message(lease));
  }
  void flush() { connection_.flush(); }
  void receive() { connection_.receive(); }
  int socket() const { return connection_.socket(); }

  void on_message(uint64_t, std::string_view) override {
    result_.latency.add(Clock::now() - sent_[answered_++]);
    ++result_.operations;
  }
  void on_end(uint64_t) override { throw Failure("a keep-alive stream ended"); }

 private:
  GrpcConnection connection_;
  LoadResult& result_;
  std::vector<Clock::time_point> sent_;
  size_t answered_ = 0;
};

LoadResult paced(const Plan& plan, const Server& server, size_t leases) {
  constexpr int kShortMs = 1;
  LoadResult result;
  std::vector<std::unique_ptr<Renewer>> renewers;
  Poller poller;
  for (size_t i = 0; i < kStreams; ++i) {
    renewers.push_back(std::make_unique<Renewer>(server.port(), result));
    poller.add(renewers.back()->socket(), i);
  }
  const Pacer pacer(kPerSecond);
  size_t sent = 0;
  while (pacer.elapsed() < plan.seconds || result.operations < sent) {
    for (; pacer.elapsed() < plan.seconds && sent < pacer.due(); ++sent)
      renewers[sent % kStreams]->renew(static_cast<int64_t>(1 + sent % leases));
    for (const auto& renewer : renewers) renewer->flush();
    for (const size_t number : poller.wait(kShortMs)) renewers[number]->receive();
    if (pacer.elapsed() > plan.seconds * 20) throw Failure("answers to keep-alives are missing");
  }
  result.elapsed = pacer.elapsed();
  return result;
}

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  constexpr int64_t kTtlSeconds = 3600;
  const size_t leases = plan.scaled(kLeases);
  const auto grant = [](size_t number) { return grant_message(static_cast<int64_t>(number + 1), kTtlSeconds); };
  GrpcLoad(server.port(), 4, 64, kGrantPath, generated(leases, grant)).run_all();
  settle(server.pid());
  const Measured got = measure(server.pid(), [&] { return paced(plan, server, leases); });
  samples.add(name, kMedian.name, got.p50_ms);
  samples.add(name, kP99.name, got.p99_ms);
  samples.add(name, kCpu.name, got.cpu_us);
}

}  // namespace

Scenario keep_alives() { return {"10,000 keep-alives a second, 10,000 leases", 3, {kMedian, kP99, kCpu}, run}; }

}  // namespace viaduct::bench
