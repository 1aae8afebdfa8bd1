#include "v2/loop_watches.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "v2/json.h"

namespace viaduct::v2 {
namespace {

constexpr size_t kReadEvents = 1000;  // of the log, before other readers get their turn
constexpr size_t kReadBytes = 1 << 20;
constexpr size_t kFirstRead = 16;  // for a watch that wants one event, which is often the next
constexpr size_t kReadGrowth = 8;

// What a reader thread found for one watch: matching events, and where to go on.
struct Found {
  std::vector<store::EventPtr> events;
  Seq next;
  bool compacted = false;
};

Found read_matching(const store::Store& store, const v3bridge::V2Watch& watch, Seq from, bool stream) {
  Found found;
  found.next = from;
  size_t left = kReadEvents;
  for (size_t most = stream ? left : kFirstRead; left > 0; most = std::min(left, most * kReadGrowth)) {
    const Result<std::vector<store::EventPtr>> events = store.events_since(found.next, most, kReadBytes);
    if (!events) {
      found.compacted = true;
      return found;
    }
    for (const store::EventPtr& event : *events) {
      found.next = event->seq().next();
      if (!v3bridge::matches(*event, watch)) continue;
      found.events.push_back(event);
      if (!stream) return found;
    }
    if (events->size() < most) return found;
    left -= most;
  }
  return found;
}

}  // namespace

class LoopWatches::Watcher final : public net::StreamObserver {
 public:
  Watcher(LoopWatches& owner, Token own_token, net::ReplyHandle to, v3bridge::V2Watch what, Seq from, bool go_on)
      : token(own_token), handle(to), watch(std::move(what)), stream(go_on), next(from), owner_(owner) {}

  void on_gone(net::ReplyHandle) override { owner_.forget(*this); }
  void on_shutdown(net::ReplyHandle) override { owner_.finish(*this); }
  void on_drained(net::ReplyHandle) override {
    if (paused) owner_.park(*this);
  }

  const Token token;
  const net::ReplyHandle handle;
  const v3bridge::V2Watch watch;
  const bool stream;
  Seq next;                              // the first seq not yet shown or skipped
  store::Hub::WatchId registration = 0;  // 0: not with the hub
  bool paused = false;                   // its client does not keep up

 private:
  LoopWatches& owner_;
};

LoopWatches::LoopWatches(v3bridge::Engine& engine, net::Loop& loop, KeyStats& stats, size_t unread_bytes)
    : engine_(engine), loop_(loop), stats_(stats), unread_bytes_(unread_bytes) {}

LoopWatches::~LoopWatches() {
  for (const auto& [token, watcher] : watchers_) {
    if (watcher->registration != 0) engine_.hub().remove(watcher->registration);
  }
}

void LoopWatches::add(net::ReplyHandle handle, v3bridge::V2Watch watch, Seq from, bool stream) {
  const Token token = next_token_++;
  auto watcher = std::make_unique<Watcher>(*this, token, handle, std::move(watch), from, stream);
  loop_.observe(handle, watcher.get());
  stats_.watch_started();
  park(*watchers_.emplace(token, std::move(watcher)).first->second);
}

// With the hub if nothing that might concern the watch happened since `next`, else through the log first.
void LoopWatches::park(Watcher& watcher) {
  watcher.paused = false;
  Seq seen;
  {
    const store::Store::ReadLock lock(engine_.store());
    seen = engine_.store().numbers().seq;
  }
  if (v3bridge::newest_relevant(engine_.store(), watcher.watch) >= watcher.next) return read_log(watcher);
  watcher.next = std::max(watcher.next, seen.next());
  store::Hub::Watch registration;
  registration.name = watcher.watch.name;
  registration.subtree = watcher.watch.recursive;
  registration.from = watcher.next;
  registration.token = watcher.token;
  registration.sink = this;
  watcher.registration = engine_.hub().add(std::move(registration));
  if (watcher.registration == 0) read_log(watcher);
}

void LoopWatches::read_log(Watcher& watcher) {
  engine_.readers().post_function(
      [this, token = watcher.token, watch = watcher.watch, from = watcher.next, stream = watcher.stream] {
        Found found = read_matching(engine_.store(), watch, from, stream);
        loop_.post_function([this, token, found = std::move(found)] {
          Watcher* const waiting = find(token);
          if (!waiting) return;
          if (found.compacted) return finish(*waiting);  // the retry gets the 401 (bridge.md 4)
          Rendered rendered(engine_.v2_root());
          for (const store::EventPtr& event : found.events) take(token, event, rendered);
          Watcher* const still = find(token);
          if (!still) return;
          if (still->next < found.next && !still->paused) still->next = found.next;
          if (!still->paused) park(*still);
        });
      });
}

void LoopWatches::deliver(std::vector<store::Delivery> deliveries) {
  loop_.post_function([this, batch = std::move(deliveries)] {
    Rendered rendered(engine_.v2_root());
    for (const store::Delivery& delivery : batch) take_live(delivery, rendered);
  });
}

// What still comes for a watch that left the hub, it will find in the log, behind what it reads there now.
void LoopWatches::take_live(const store::Delivery& delivery, Rendered& rendered) {
  const Watcher* const watcher = find(delivery.token);
  if (watcher && watcher->registration != 0) take(delivery.token, delivery.event, rendered);
}

void LoopWatches::missed(Seq from) {
  loop_.post_function([this, from] { read_from(from); });
}

// The hub has offered all before `from` to the watches that are with it. Those that missed nothing stay there.
void LoopWatches::read_from(Seq from) {
  std::vector<Watcher*> behind;
  for (const auto& [token, watcher] : watchers_) {
    if (watcher->registration == 0) continue;
    watcher->next = std::max(watcher->next, from);
    if (v3bridge::newest_relevant(engine_.store(), watcher->watch) >= watcher->next) behind.push_back(watcher.get());
  }
  for (Watcher* const watcher : behind) {
    engine_.hub().remove(std::exchange(watcher->registration, 0));
    read_log(*watcher);
  }
}

// Shows `event` if the watch is still there, has not seen it and is not paused.
void LoopWatches::take(Token token, const store::EventPtr& event, Rendered& rendered) {
  Watcher* const watcher = find(token);
  if (!watcher || watcher->paused || event->seq() < watcher->next) return;
  if (!v3bridge::matches(*event, watcher->watch)) return;
  watcher->next = event->seq().next();
  show(*watcher, event, rendered);
}

void LoopWatches::show(Watcher& watcher, const store::EventPtr& event, Rendered& rendered) {
  loop_.stream_chunk(watcher.handle, rendered.of(event));
  if (!watcher.stream) return finish(watcher);
  if (loop_.stream_backlog(watcher.handle) <= unread_bytes_) return;
  watcher.paused = true;
  engine_.hub().remove(std::exchange(watcher.registration, 0));
}

void LoopWatches::finish(Watcher& watcher) {
  loop_.end_stream(watcher.handle);
  forget(watcher);
}

void LoopWatches::forget(Watcher& watcher) {
  if (watcher.registration != 0) engine_.hub().remove(watcher.registration);
  stats_.watch_ended();
  watchers_.erase(watcher.token);
}

LoopWatches::Watcher* LoopWatches::find(Token token) {
  const auto found = watchers_.find(token);
  return found == watchers_.end() ? nullptr : found->second.get();
}

const Blob& LoopWatches::Rendered::of(const store::EventPtr& event) {
  if (event_ != event) {
    event_ = event;
    json_ = Blob(event_json(*event, v2_root_));
  }
  return json_;
}

}  // namespace viaduct::v2
