#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "test/sim/scenarios/watching.h"

namespace viaduct::sim {
namespace {

using namespace etcdserverpb;
using cluster_test::Violations;

constexpr int64_t kWholeStream = -1;  // the watch id of a notice that was asked for

struct Watcher {
  std::string name;
  WatchCreateRequest asked;
  int64_t first = 0;                     // revision
  std::vector<const KeyChange*> wanted;  // all that it is to get, ever
  size_t got = 0;                        // of these
  int64_t last_event = 0, told = 0;      // revisions; `told`: by a notice
  bool over = false;
  bool is_lost = false;  // it got something else: all the rest would be wrong, too
};

bool wants(const WatchCreateRequest& asked, const KeyChange& change) {
  if (change.key < asked.key() || change.key >= asked.range_end()) return false;
  const auto left_out = change.after ? WatchCreateRequest::NOPUT : WatchCreateRequest::NODELETE;
  return std::ranges::find(asked.filters(), static_cast<int>(left_out)) == asked.filters().end();
}

class Checker {
 public:
  Checker(const WatchStream& stream, const Past& past, int64_t compacted, Violations& violations)
      : stream_(stream), past_(past), compacted_(compacted), violations_(violations) {}

  void check(const WatchResponse& response) {
    if (response.created()) return begin(response);
    if (response.watch_id() == kWholeStream && response.events().empty()) return take_notice(response);
    const auto found = watchers_.find(response.watch_id());
    if (found == watchers_.end()) return complain("INV-W9", "something for a watcher that is not there", response);
    Watcher& watcher = found->second;
    if (watcher.over) return complain("INV-W9", "something after the end of " + watcher.name, response);
    if (watcher.is_lost) return;
    if (response.canceled()) return end(watcher, response);
    if (response.events().empty()) {
      if (!watcher.asked.progress_notify()) complain("INV-W7", watcher.name + " did not ask for notices", response);
      return check_told(watcher, response);
    }
    for (const mvccpb::Event& event : response.events()) {
      if (!watcher.is_lost) take(watcher, event, response);
    }
    watcher.last_event = response.events(response.events_size() - 1).kv().mod_revision();
  }

 private:
  // Created replies come in the order in which they were asked for.
  void begin(const WatchResponse& response) {
    if (created_ == stream_.asked.size()) return complain("INV-W9", "more watchers than were asked for", response);
    Watcher watcher;
    watcher.asked = stream_.asked[created_++];
    watcher.name = stream_.name + ", watcher " + std::to_string(response.watch_id()) + " of " + watcher.asked.key() +
                   " from " + std::to_string(watcher.asked.start_revision());
    watcher.first =
        watcher.asked.start_revision() > 0 ? watcher.asked.start_revision() : response.header().revision() + 1;
    if (response.canceled()) return complain("INV-W6", watcher.name + " was refused", response);
    for (const KeyChange& change : past_.changes()) {
      if (static_cast<int64_t>(change.revision) >= watcher.first && wants(watcher.asked, change))
        watcher.wanted.push_back(&change);
    }
    if (!watchers_.emplace(response.watch_id(), std::move(watcher)).second) {
      complain("INV-W9", "a watch id twice", response);
    }
  }

  void end(Watcher& watcher, const WatchResponse& response) {
    watcher.over = true;
    const bool rightly = next_of(watcher) < response.compact_revision() && response.compact_revision() <= compacted_;
    if (!rightly) complain("INV-W6", watcher.name + " was cancelled", response);
  }

  // What it has not been sent yet cannot begin before.
  static int64_t next_of(const Watcher& watcher) {
    return std::max({watcher.first, watcher.last_event + 1, watcher.told + 1});
  }

  void take(Watcher& watcher, const mvccpb::Event& event, const WatchResponse& response) {
    const int64_t revision = event.kv().mod_revision();
    if (revision <= watcher.told)
      complain("INV-W7", watcher.name + " was told of progress before " + event.ShortDebugString(), response);
    if (revision == watcher.last_event) complain("INV-W4", watcher.name + " got one revision in two parts", response);
    if (watcher.got == watcher.wanted.size() || !is_event(*watcher.wanted[watcher.got], event)) {
      const std::string wanted = watcher.got == watcher.wanted.size() ? "nothing" : named(*watcher.wanted[watcher.got]);
      complain("INV-W3", watcher.name + " should get " + wanted + " and got " + event.ShortDebugString().substr(0, 300),
               response);
      watcher.is_lost = true;
      return;
    }
    check_previous(watcher, event, response);
    ++watcher.got;
  }

  static bool is_event(const KeyChange& change, const mvccpb::Event& event) {
    if (event.type() == mvccpb::Event::PUT) {
      return change.after && change.after->kv.SerializeAsString() == event.kv().SerializeAsString();
    }
    mvccpb::KeyValue gone;
    gone.set_key(change.key);
    gone.set_mod_revision(static_cast<int64_t>(change.revision));
    return !change.after && gone.SerializeAsString() == event.kv().SerializeAsString();
  }

  // Where it may have been compacted there is none (INV-W8).
  void check_previous(const Watcher& watcher, const mvccpb::Event& event, const WatchResponse& response) {
    const KeyState* before = past_.at(event.kv().key(), static_cast<uint64_t>(event.kv().mod_revision()) - 1);
    const bool due = watcher.asked.prev_kv() && before;
    if (!event.has_prev_kv()) {
      if (due && event.kv().mod_revision() > compacted_) complain("INV-W8", watcher.name + " lacks prev_kv", response);
      return;
    }
    if (!due || event.prev_kv().SerializeAsString() != before->kv.SerializeAsString()) {
      complain("INV-W8", watcher.name + " has another prev_kv: " + event.ShortDebugString().substr(0, 300), response);
    }
  }

  void take_notice(const WatchResponse& response) {
    for (auto& [id, watcher] : watchers_) {
      if (!watcher.over && !watcher.is_lost) check_told(watcher, response);
    }
  }

  // Everything up to there has been sent, and it is not in the future of a watcher that waits for one.
  void check_told(Watcher& watcher, const WatchResponse& response) {
    const int64_t told = response.header().revision();
    if (told < watcher.told) complain("INV-W7", watcher.name + " was told of less progress than before", response);
    if (response.watch_id() != kWholeStream && told + 1 < watcher.first) {
      complain("INV-W6", watcher.name + " was told of what it does not wait for", response);
    }
    if (watcher.got < watcher.wanted.size() && static_cast<int64_t>(watcher.wanted[watcher.got]->revision) <= told) {
      complain("INV-W7", watcher.name + " was told of progress beyond " + named(*watcher.wanted[watcher.got]),
               response);
    }
    watcher.told = std::max(watcher.told, told);
  }

  static std::string named(const KeyChange& change) {
    return (change.after ? "put of " : "delete of ") + change.key + " at " + std::to_string(change.revision);
  }
  void complain(const char* rule, const std::string& what, const WatchResponse& response) {
    violations_.add(rule, what + ", in " + stream_.name + ": " + response.ShortDebugString().substr(0, 300));
  }

  const WatchStream& stream_;
  const Past& past_;
  const int64_t compacted_;
  Violations& violations_;
  std::map<int64_t, Watcher> watchers_;
  size_t created_ = 0;
};

}  // namespace

void check_watch_stream(const WatchStream& stream, const Past& past, int64_t compacted, Violations& violations) {
  Checker checker(stream, past, compacted, violations);
  for (const WatchResponse& response : stream.received) checker.check(response);
}

}  // namespace viaduct::sim
