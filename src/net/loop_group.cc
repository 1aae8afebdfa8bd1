#include "net/loop_group.h"

#include <algorithm>
#include <future>
#include <utility>

namespace viaduct::net {

LoopGroup::LoopGroup(const Clock& clock, const Limits& limits, size_t threads)
    : limits_(limits), counters_(std::max<size_t>(threads, 1)) {
  for (Counters& counters : counters_) loops_.push_back(std::make_unique<Loop>(clock, limits_, counters));
}

LoopGroup::~LoopGroup() { stop(); }

void LoopGroup::start() {
  for (const auto& loop : loops_) loop->start();
}

void LoopGroup::stop() {
  for (const auto& loop : loops_) loop->stop();
}

void LoopGroup::shut_down(std::chrono::milliseconds grace) {
  std::vector<std::future<void>> finished;
  for (const auto& loop : loops_) {
    auto done = std::make_shared<std::promise<void>>();  // shared with the task, which may be dropped unrun
    finished.push_back(done->get_future());
    loop->post_function(
        [target = loop.get(), grace, done] { target->begin_shutdown(grace, [done] { done->set_value(); }); });
  }
  for (std::future<void>& future : finished) future.wait();
}

uint64_t LoopGroup::sum(Counter Counters::*counter) const {
  uint64_t total = 0;
  for (const Counters& counters : counters_) total += (counters.*counter).value();
  return total;
}

}  // namespace viaduct::net
