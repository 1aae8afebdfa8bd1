// Lease renewals of all streams of this member, gathered: while one LeaseRenew command is in the log, all renewals that
// arrive go into the next. So ten thousand keep-alives a second cost a few entries.
// Threads:   add() on the loop of the asker, which is told on that loop.
// Ownership: borrows the engine; holds on to whoever waits.
// Bounds:    kMaxWaiting renewals wait; beyond them add() refuses.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/ids.h"
#include "net/loop.h"
#include "v3/status.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

class Renewals {
 public:
  static constexpr size_t kMaxWaiting = 1'000'000;

  struct Answer {
    LeaseId id;
    Revision revision;         // the head when it was asked
    uint64_t ttl_seconds = 0;  // 0: there is no such lease
  };
  class Asker {
   public:
    virtual ~Asker() = default;
    virtual void renewed(const Answer& answer) = 0;  // in the order asked
    virtual void failed(const Status& status) = 0;   // instead
  };

  explicit Renewals(v3bridge::Engine& engine) : engine_(engine) {}

  // The asker is held until it was told; others may hold it as well.
  bool add(LeaseId id, net::Loop& loop, std::shared_ptr<Asker> asker);

 private:
  struct Asked {
    Answer answer;
    net::Loop* loop;
    std::shared_ptr<Asker> asker;
  };
  using Batch = std::vector<Asked>;
  class Renewed;

  void send(Batch batch);
  void next_batch();
  void settle(Batch batch, const v3bridge::Outcome& outcome);
  static void fill_in(const store::Store& store, const std::vector<LeaseId>& missing, Batch& batch);
  static void tell(const Batch& batch, const Status& status);

  v3bridge::Engine& engine_;
  std::mutex mutex_;
  Batch waiting_;
  bool in_flight_ = false;
};

}  // namespace viaduct::v3
