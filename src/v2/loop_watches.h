// The watches of one loop; watches.h tells the whole story.
// Threads: deliver() and missed() on the apply thread; all else on the loop.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/loop.h"
#include "store/hub.h"
#include "v2/stats.h"
#include "v3bridge/engine.h"
#include "v3bridge/watch.h"

namespace viaduct::v2 {

class LoopWatches final : public store::WatchSink {
 public:
  // Borrows all but the number: a stream with more than `unread_bytes` unsent leaves the hub until they are gone.
  LoopWatches(v3bridge::Engine& engine, net::Loop& loop, KeyStats& stats, size_t unread_bytes);
  ~LoopWatches() override;

  void add(net::ReplyHandle handle, v3bridge::V2Watch watch, Seq from, bool stream);
  void deliver(std::vector<store::Delivery> deliveries) override;
  void missed(Seq from) override;

 private:
  class Watcher;
  using Token = uint64_t;

  // An event's JSON, made once for all watchers of a batch that are shown it.
  class Rendered {
   public:
    explicit Rendered(std::string_view v2_root) : v2_root_(v2_root) {}
    const Blob& of(const store::EventPtr& event);

   private:
    std::string_view v2_root_;
    store::EventPtr event_;
    Blob json_;
  };

  void park(Watcher& watcher);
  void read_log(Watcher& watcher);
  void take_live(const store::Delivery& delivery, Rendered& rendered);
  void read_from(Seq from);
  void take(Token token, const store::EventPtr& event, Rendered& rendered);
  void show(Watcher& watcher, const store::EventPtr& event, Rendered& rendered);
  void finish(Watcher& watcher);
  void forget(Watcher& watcher);
  Watcher* find(Token token);

  v3bridge::Engine& engine_;
  net::Loop& loop_;
  KeyStats& stats_;
  const size_t unread_bytes_;
  std::unordered_map<Token, std::unique_ptr<Watcher>> watchers_;
  Token next_token_ = 1;
};

}  // namespace viaduct::v2
