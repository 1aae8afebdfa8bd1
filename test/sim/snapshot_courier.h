// Takes one snapshot to a sink that may not answer: begins, sends chunk after chunk, and begins again where no answer
// came, as peer::SnapshotSender does (RF-9).
// Threads: one of the sender's machine.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "peer/snapshot_stream.h"
#include "test/sim/scheduler.h"

namespace viaduct::sim {

class SnapshotCourier {
 public:
  using Answer = Result<uint64_t>;  // of finish(): no number
  using Request = std::function<Answer(peer::SnapshotSink&)>;
  using Ask = std::function<std::optional<Answer>(const Request&)>;  // nothing: no answer came

  SnapshotCourier(peer::SnapshotSource& source, Ask ask) : source_(source), ask_(std::move(ask)) {}

  // The index that is installed there now; nothing: it failed, or is wanted no more.
  std::optional<Index> deliver(Scheduler& scheduler, Nanoseconds time, const std::function<bool()>& is_wanted);

 private:
  enum class Step { kOn, kAgain, kInstalled, kFailed };
  Step begin();
  Step send_chunks();
  Step finish();
  bool seek(uint64_t offset);
  bool fill();

  peer::SnapshotSource& source_;
  const Ask ask_;
  std::string chunk_;  // said, and maybe not heard
  uint64_t chunk_at_ = 0;
};

}  // namespace viaduct::sim
