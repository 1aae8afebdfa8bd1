// Watchers from the past, the present and the future, several on a stream, with filters, prev_kv and requests for
// progress, on whatever member. Each stream is judged by itself: what it was sent, in what order, and what it said to
// have sent (INV-W1 to W9).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/sim/scenarios/scenario.h"

namespace viaduct::sim {

// One stream: what was asked for, in order, and everything that came.
struct WatchStream {
  std::string name;
  std::vector<etcdserverpb::WatchCreateRequest> asked;
  std::vector<etcdserverpb::WatchResponse> received;
};

class Watching final : public Scenario {
 public:
  explicit Watching(Stage& stage) : stage_(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return streams_.size(); }

 private:
  class Client;

  Stage& stage_;
  std::mutex mutex_;
  std::vector<WatchStream> streams_;
};

// `compacted`: no revision above was ever asked to be compacted.
void check_watch_stream(const WatchStream& stream, const Past& past, int64_t compacted,
                        cluster_test::Violations& violations);

}  // namespace viaduct::sim
