#include "bench/watches.h"

#include <algorithm>
#include <utility>

#include "bench/failure.h"
#include "bench/requests.h"

namespace viaduct::bench {

ParkedWatches::ParkedWatches(int port, std::string key) : port_(port), key_(std::move(key)), writer_(port) {}

// In batches, so that no listener's backlog overflows: a connection lost there is tried again a whole second later.
void ParkedWatches::grow_to(size_t count) {
  constexpr size_t kBatch = 100;
  while (watchers_.size() < count) {
    const size_t first = watchers_.size();
    const size_t last = std::min(count, first + kBatch);
    for (size_t i = first; i < last; ++i) {
      watchers_.emplace_back(port_);
      poller_.add(watchers_.back().socket(), i);
    }
    park(first, last);
  }
}

void ParkedWatches::park_again() { park(0, watchers_.size()); }

void ParkedWatches::park(size_t first, size_t last) {
  const std::string request = get_request(key_ + "?wait=true");
  for (size_t i = first; i < last; ++i) watchers_[i].send(request);
  receive_until(last - first, [](const Connection& watcher) { return watcher.parked(); });
}

std::chrono::nanoseconds ParkedWatches::fan_out() {
  writer_.send(put_request(key_, value_form(64)));
  receive_until(watchers_.size(), [](const Connection& watcher) { return watcher.answered(); });
  const auto end = Clock::now();
  for (const Connection& watcher : watchers_) watcher.require_success();
  const auto took = end - writer_.sent_at();
  writer_.wait_for_answer();
  writer_.require_success();
  return took;
}

// Each connection becomes done exactly once in here.
template <typename Done>
void ParkedWatches::receive_until(size_t count, Done done) {
  constexpr int kPatienceMs = 60'000;
  while (count > 0) {
    const auto ready = poller_.wait(kPatienceMs);
    if (ready.empty()) throw Failure(std::to_string(count) + " watchers wait for an answer since a minute");
    for (const size_t number : ready) {
      Connection& watcher = watchers_[number];
      const bool was_done = done(watcher);
      while (watcher.receive()) {
      }
      if (!was_done && done(watcher)) --count;
    }
  }
}

}  // namespace viaduct::bench
