// What every client thread of a run shares, and how it moves between members.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/cluster/history.h"

namespace viaduct::cluster_test {

struct Workload {
  std::function<std::vector<int>()> ports;  // of the members that there are now
  std::atomic<bool> done{false};
  std::atomic<uint64_t> connections{0};

  // An answer that no right server gives.
  void complain(const std::string& what) {
    const std::lock_guard lock(mutex);
    if (complaints.size() < 20) complaints.push_back(what);
  }
  std::mutex mutex;
  std::vector<std::string> complaints;
};

// A client that talks to one member at a time. `Client` is made from a port and counts its connections.
// Threads: its own.
template <typename Client>
class Worker {
 public:
  Worker(Workload& workload, size_t number, uint64_t seed) : workload_(workload), number_(number), random_(seed) {
    move();
  }

 protected:
  bool done() const { return workload_.done; }
  uint64_t below(uint64_t end) { return random_() % end; }
  bool chance(unsigned percent) { return below(100) < percent; }
  void sleep_ms(uint64_t least, uint64_t most) {
    std::this_thread::sleep_for(std::chrono::milliseconds(least + below(most - least + 1)));
  }
  // A value that nobody else writes.
  std::string new_value() { return "c" + std::to_string(number_) + "-" + std::to_string(++values_); }

  // Goes to another member, or the same, on a new connection.
  void move() {
    const std::vector<int> ports = workload_.ports();
    port_ = ports[below(ports.size())];
    client_ = std::make_unique<Client>(port_);
    base_ = workload_.connections += kMostReconnects;
  }

  Operation begin(Action action, std::vector<std::string> keys) {
    Operation operation;
    operation.client = number_;
    operation.member = static_cast<size_t>(port_);
    operation.action = action;
    operation.keys = std::move(keys);
    operation.called = std::chrono::steady_clock::now();
    return operation;
  }
  void finish(Operation& operation) {
    operation.connection = base_ + client_->connection();
    if (operation.outcome != Outcome::kUnknown) operation.returned = std::chrono::steady_clock::now();
  }

  Workload& workload_;
  const size_t number_;
  std::mt19937_64 random_;
  std::unique_ptr<Client> client_;
  int port_ = 0;

 private:
  static constexpr uint64_t kMostReconnects = 1 << 20;
  uint64_t values_ = 0;
  uint64_t base_ = 0;  // of the numbers of this client's connections
};

}  // namespace viaduct::cluster_test
