#include "v3/watch_positions.h"

#include <algorithm>
#include <utility>

#include "v3/watch_stream.h"

namespace viaduct::v3 {
namespace {

store::Numbers numbers(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.numbers();
}

}  // namespace

void WatchPositions::ask(WatchStream& stream) {
  const store::Numbers now = numbers(engine_.store());
  wait({&stream, now.seq, now.revision});
}

void WatchPositions::ask_after_next_event(WatchStream& stream) {
  wait({&stream, numbers(engine_.store()).seq.next(), std::nullopt});
}

void WatchPositions::forget(const WatchStream& stream) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.stream == &stream; });
}

void WatchPositions::wait(const Waiting& waiting) {
  waiting_.push_back(waiting);
  wake_up_at(waiting.seq);
}

// The hub calls once that is reached. If it is already, what is posted now still runs behind the deliveries.
void WatchPositions::wake_up_at(Seq seq) {
  if (!engine_.hub().tell_delivered(seq, sink_)) reached(engine_.hub().delivered());
}

void WatchPositions::reached(Seq up_to) {
  loop_.post_function([this, up_to] { tell(up_to); });
}

void WatchPositions::tell(Seq up_to) {
  const auto first_reached = std::stable_partition(waiting_.begin(), waiting_.end(),
                                                   [&](const Waiting& waiting) { return waiting.seq > up_to; });
  const std::vector<Waiting> ready(first_reached, waiting_.end());
  waiting_.erase(first_reached, waiting_.end());
  for (const Waiting& waiting : ready) {
    if (waiting.revision) {
      waiting.stream->at_position(*waiting.revision);
    } else {
      waiting.stream->after_event();
    }
  }
  for (const Waiting& waiting : waiting_) wake_up_at(waiting.seq);
}

}  // namespace viaduct::v3
