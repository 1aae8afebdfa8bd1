#include "bench/grpc_load.h"

#include <utility>

#include "bench/connection.h"
#include "bench/failure.h"

namespace viaduct::bench {

// One connection and its calls, which are known by their number 0 .. calls - 1.
class GrpcLoad::Lane final : public CallListener {
 public:
  Lane(GrpcLoad& load, int port, size_t calls) : load_(load), connection_(port, *this), started_(calls) {
    for (uint64_t call = 0; call < calls; ++call) begin(call);
    connection_.flush();
  }

  void on_message(uint64_t, std::string_view) override {}
  void on_end(uint64_t call) override {
    --load_.in_flight_;
    if (load_.result_) {
      ++load_.result_->operations;
      load_.result_->latency.add(Clock::now() - started_[call]);
    }
    begin(call);
  }

  void receive() { connection_.receive(); }
  int socket() const { return connection_.socket(); }

 private:
  void begin(uint64_t call) {
    const std::string_view message = load_.source_();
    if (message.empty()) return;
    started_[call] = Clock::now();
    connection_.start(load_.path_, call, message);
    ++load_.in_flight_;
  }

  GrpcLoad& load_;
  GrpcConnection connection_;
  std::vector<Clock::time_point> started_;
};

GrpcLoad::GrpcLoad(int port, size_t connections, size_t calls, std::string_view path, RequestSource source)
    : path_(path), source_(std::move(source)) {
  for (size_t i = 0; i < connections; ++i) {
    lanes_.push_back(std::make_unique<Lane>(*this, port, calls));
    poller_.add(lanes_.back()->socket(), i);
  }
}

GrpcLoad::~GrpcLoad() = default;

LoadResult GrpcLoad::run_for(std::chrono::nanoseconds time) {
  const auto end = Clock::now() + time;
  return run([end] { return Clock::now() >= end; });
}

LoadResult GrpcLoad::run_all() {
  return run([] { return false; });
}

template <typename Enough>
LoadResult GrpcLoad::run(Enough enough) {
  constexpr int kPatienceMs = 60'000;
  LoadResult result;
  result_ = &result;
  const auto begin = Clock::now();
  while (in_flight_ > 0 && !enough()) {
    const auto ready = poller_.wait(kPatienceMs);
    if (ready.empty()) throw Failure("no answer within a minute");
    for (const size_t number : ready) lanes_[number]->receive();
  }
  result.elapsed = Clock::now() - begin;
  result_ = nullptr;
  return result;
}

}  // namespace viaduct::bench
