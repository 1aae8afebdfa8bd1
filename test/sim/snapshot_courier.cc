#include "test/sim/snapshot_courier.h"

namespace viaduct::sim {

std::optional<Index> SnapshotCourier::deliver(Scheduler& scheduler, Nanoseconds time,
                                              const std::function<bool()>& is_wanted) {
  const Nanoseconds give_up = scheduler.now() + time;
  while (scheduler.now() < give_up && is_wanted()) {
    Step step = begin();
    if (step == Step::kOn) step = send_chunks();
    if (step == Step::kOn) step = finish();
    if (step == Step::kInstalled) return source_.name().index;
    if (step == Step::kFailed) return std::nullopt;
  }
  return std::nullopt;
}

SnapshotCourier::Step SnapshotCourier::begin() {
  const auto wanted = ask_([name = source_.name()](peer::SnapshotSink& sink) { return sink.begin(name); });
  if (!wanted) return Step::kAgain;
  if (*wanted) return seek(**wanted) ? Step::kOn : Step::kFailed;
  return wanted->error().code == Code::kAlreadyExists ? Step::kInstalled : Step::kFailed;
}

SnapshotCourier::Step SnapshotCourier::send_chunks() {
  while (fill()) {
    if (chunk_.empty()) return Step::kOn;
    const auto taken = ask_([name = source_.name(), at = chunk_at_, chunk = chunk_](peer::SnapshotSink& sink) {
      return sink.write(name, at, chunk);
    });
    if (!taken || !*taken) return Step::kAgain;
    if (!seek(**taken)) return Step::kFailed;
  }
  return Step::kFailed;
}

SnapshotCourier::Step SnapshotCourier::finish() {
  const auto finished = ask_([name = source_.name()](peer::SnapshotSink& sink) -> Answer {
    VIADUCT_TRY(sink.finish(name));
    return uint64_t{0};
  });
  if (!finished) return Step::kAgain;
  if (*finished || finished->error().code == Code::kAlreadyExists) return Step::kInstalled;
  return Step::kFailed;
}

// Where the other side wants to go on: with the chunk at hand, or behind it.
bool SnapshotCourier::seek(uint64_t offset) {
  if (offset == chunk_at_) return true;
  if (offset != chunk_at_ + chunk_.size()) return false;
  chunk_at_ = offset;
  chunk_.clear();
  return true;
}

bool SnapshotCourier::fill() {
  if (!chunk_.empty()) return true;
  Result<std::string> next = source_.next();
  if (!next) return false;
  chunk_ = std::move(*next);
  return true;
}

}  // namespace viaduct::sim
