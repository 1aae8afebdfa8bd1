#include "v3/watch_positions.h"

#include <algorithm>
#include <utility>

#include "v3/watch_stream.h"

namespace viaduct::v3 {
namespace {

WatchPosition head(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  const store::Numbers numbers = store.numbers();
  return {numbers.revision, numbers.seq};
}

}  // namespace

void WatchPositions::ask(WatchStream& stream) {
  const WatchPosition now = head(engine_.store());
  wait({&stream, now.seq, now.revision});
}

void WatchPositions::ask_after_next_event(WatchStream& stream) {
  wait({&stream, head(engine_.store()).seq.next(), std::nullopt});
}

void WatchPositions::forget(const WatchStream& stream) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.stream == &stream; });
}

void WatchPositions::wait(const Waiting& waiting) {
  waiting_.push_back(waiting);
  if (!is_woken_) wake_up_later();
}

// The hub calls as soon as the earliest is reached. If that is so already, what is posted now still runs behind the
// deliveries.
void WatchPositions::wake_up_later() {
  is_woken_ = true;
  const auto earliest = std::min_element(waiting_.begin(), waiting_.end(),
                                         [](const Waiting& a, const Waiting& b) { return a.seq < b.seq; });
  if (!engine_.hub().tell_delivered(earliest->seq, sink_)) reached(engine_.hub().delivered());
}

void WatchPositions::reached(Seq up_to) {
  loop_.post_function([this, up_to] { tell(up_to); });
}

void WatchPositions::tell(Seq up_to) {
  is_woken_ = false;
  const auto first_reached = std::stable_partition(waiting_.begin(), waiting_.end(),
                                                   [&](const Waiting& waiting) { return waiting.seq > up_to; });
  const std::vector<Waiting> ready(first_reached, waiting_.end());
  waiting_.erase(first_reached, waiting_.end());
  for (const Waiting& waiting : ready) {
    if (waiting.revision) {
      waiting.stream->at_position({*waiting.revision, waiting.seq});
    } else {
      waiting.stream->after_event();
    }
  }
  if (!waiting_.empty() && !is_woken_) wake_up_later();
}

}  // namespace viaduct::v3
