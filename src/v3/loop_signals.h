// The keys that calls of one loop wait for; key_signals.h tells the whole story.
// Threads: deliver() on the apply thread; all else on the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/loop.h"
#include "store/hub.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

class LoopSignals final : public store::WatchSink {
 public:
  using Id = uint64_t;  // 0: none
  using Told = std::function<void(const store::Event*)>;

  LoopSignals(v3bridge::Engine& engine, net::Loop& loop);
  ~LoopSignals() override;

  // What happens to keys of the range after this returned is told; what happened before shows in the store, so look
  // there now. Null stands for any number of events, or none, that nobody saw singly. `told` may watch and cancel,
  // itself too.
  Id watch(store::KeyRange range, Told told);
  void cancel(Id id);

  void deliver(std::vector<store::Delivery> deliveries) override;
  void missed(Seq from) override;

 private:
  void tell(Id id, const store::Event* event);

  struct Watch {
    store::Hub::WatchId registration;
    std::shared_ptr<Told> told;  // a call under way holds on to it, so that it may cancel its own watch
  };

  v3bridge::Engine& engine_;
  net::Loop& loop_;
  std::unordered_map<Id, Watch> watches_;
  Id last_id_ = 0;
};

}  // namespace viaduct::v3
