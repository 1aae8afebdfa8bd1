// Who waits for what. Knows names only.
//   v2: an event is offered to the watchers of its own name, to subtree watchers of every ancestor, and, when a
//       directory is removed, to watchers of each name that went along (T8). What the API makes of it (hidden names,
//       refreshes) is the watcher's filter's business.
//   v3: an event is offered to the watchers of each range that holds one of the keys it changed, once.
//
// Threads: publish() and jump() on the apply thread; all else from any thread. Sinks are called on the
//          apply thread, with the hub's lock released, in order of seq; a sink hands the deliveries to its own thread
//          and returns.
// Cost:    of a publish(): nothing for an API that has no watchers; else a look-up for each name and ancestor, and
//          O(log n) for each range found.
// Bounds:  holds no event; a watcher costs its name or bounds, and about 100 bytes (a range 200).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/key_range.h"
#include "store/record.h"

namespace viaduct::store {

struct Delivery {
  uint64_t token;  // as the watcher gave it
  EventPtr event;
};

class WatchSink {
 public:
  virtual ~WatchSink() = default;
  virtual void deliver(std::vector<Delivery> deliveries) = 0;
  // Events from `from` on, up to published(), were not offered: watchers that wanted one of these have to look for it
  // in Store::events_since(). They stay registered for what comes. Threads as of deliver().
  virtual void missed(Seq from) = 0;
  virtual void delivered([[maybe_unused]] Seq up_to) {}  // what tell_delivered() asked for; threads as of deliver()
};

class Hub {
 public:
  using WatchId = uint64_t;

  Hub();
  ~Hub();

  // Whether a watch of that name wants the event. Called under the hub's lock: quick, and touches no hub.
  using Filter = bool (*)(const Event& event, std::string_view name, bool subtree);

  struct Watch {
    std::string name;      // key or directory, with the v2 root
    bool subtree = false;  // also everything below, whole elements
    Seq from;              // first seq wanted; earlier events are not offered
    bool once = false;     // goes with its first delivery
    uint64_t token = 0;
    WatchSink* sink = nullptr;  // must outlive every publish() and jump() that began before the watch was removed
    Filter filter = nullptr;    // null: wants all
  };

  // Registers, unless events from `watch.from` on were published already: then returns 0 and the caller reads
  // Store::events_since() up to published() and tries again from there. No event can fall between.
  WatchId add(Watch watch);

  struct RangeWatch {
    KeyRange range;  // not empty
    Seq from;
    uint64_t token = 0;
    WatchSink* sink = nullptr;
  };
  WatchId add(const RangeWatch& watch);  // as above

  // No publish() that begins later delivers to it; one under way still may. An id that is gone already does nothing.
  void remove(WatchId id);
  Seq published() const;  // newest seq offered to watchers

  // Newest seq up to which all deliveries were handed to their sinks. So what a sink posts to its thread after it saw
  // this runs there behind those deliveries.
  Seq delivered() const;
  // Calls sink.delivered() once delivered() is at least `seq`; answers false, and calls nothing, if it is already. A
  // sink waits for one seq only, the lowest it asked for, and asks again when it was told.
  bool tell_delivered(Seq seq, WatchSink& sink);

  size_t size() const;

  // `last` is the newest seq of the group, also when `events` leaves some out.
  void publish(std::span<const EventPtr> events, Seq last);
  // In place of publish(), when the store went on to a later state at once (Store::replace_with()): the events up to
  // `last` are in its log, or compacted. Each sink with a watcher that wanted one of them is told what it missed.
  void jump(Seq last);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace viaduct::store
