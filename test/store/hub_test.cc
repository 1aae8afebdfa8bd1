#include "store/hub.h"

#include <doctest/doctest.h>

#include <map>

#include "base/random.h"

namespace viaduct::store {
namespace {

EventPtr event(uint64_t seq, std::string key) {
  auto made = std::make_shared<Event>();
  made->record.id = {Seq(seq), 0};
  made->record.key = std::move(key);
  return made;
}

EventPtr removal(uint64_t seq, std::string directory, std::vector<std::pair<Family, std::string>> below) {
  auto made = std::make_shared<Event>(*event(seq, std::move(directory)));
  made->record.family = Family::kDirectory;
  made->record.tombstone = true;
  for (auto& [family, key] : below) {
    Record& companion = made->companions.emplace_back();
    companion.family = family;
    companion.key = std::move(key);
    companion.tombstone = true;
  }
  return made;
}

struct Sink final : WatchSink {
  void deliver(std::vector<Delivery> deliveries) override {
    ++calls;
    for (const Delivery& d : deliveries) got.push_back(std::to_string(d.token) + "@" + to_string(d.event->seq()));
  }
  void missed(Seq from) override { got.push_back("missed from " + to_string(from)); }
  std::vector<std::string> take() { return std::exchange(got, {}); }

  int calls = 0;
  std::vector<std::string> got;
};
using Got = std::vector<std::string>;

void publish(Hub& hub, std::vector<EventPtr> events) { hub.publish(events, events.back()->seq()); }

}  // namespace

TEST_CASE("an event reaches the watchers of its name and the subtree watchers above, by whole elements") {
  struct Case {
    const char* watched;
    bool subtree;
    bool woken;
  };
  for (const Case& c :
       {Case{"/a/b", false, true}, Case{"/a/b", true, true}, Case{"/a", false, false}, Case{"/a", true, true},
        Case{"", true, true}, Case{"", false, false}, Case{"/a/b/c", true, false}, Case{"/", true, false},
        Case{"/a/bb", true, false}, Case{"/aa", true, false}}) {
    CAPTURE(c.watched);
    CAPTURE(c.subtree);
    Hub hub;
    Sink sink;
    REQUIRE(hub.add({.name = c.watched, .subtree = c.subtree, .from = Seq(4), .token = 7, .sink = &sink}));
    publish(hub, {event(4, "/a/b")});
    CHECK(sink.take() == (c.woken ? Got{"7@4"} : Got{}));
  }
}

TEST_CASE("keys that are no paths have watchers too") {
  Hub hub;
  Sink sink;
  hub.add({.name = "plain", .from = Seq(1), .token = 1, .sink = &sink});
  hub.add({.name = "", .from = Seq(1), .token = 2, .sink = &sink});
  publish(hub, {event(1, "plain"), event(2, ""), event(3, "/")});
  CHECK(sink.take() == Got{"1@1", "2@2"});
}

TEST_CASE("a removed directory wakes the watchers of each name that went along, once") {
  Hub hub;
  Sink sink;
  uint64_t token = 0;
  for (const char* name : {"/d", "/d/f", "/d/e", "/d/none", "/dd"}) {
    hub.add({.name = name, .from = Seq(1), .token = ++token, .sink = &sink});
  }
  publish(
      hub,
      {removal(9, "/d",
               {{Family::kKey, "/d"}, {Family::kDirectory, "/d/e"}, {Family::kKey, "/d/e"}, {Family::kKey, "/d/f"}})});
  CHECK(sink.take() == Got{"1@9", "3@9", "2@9"});
}

TEST_CASE("what vanishes above a removed directory wakes nobody") {
  Hub hub;
  Sink sink;
  hub.add({.name = "/x", .from = Seq(1), .token = 1, .sink = &sink});
  publish(hub, {removal(9, "/x/y", {{Family::kDirectory, "/x"}})});
  CHECK(sink.take() == Got{});
}

TEST_CASE("a watch starts where it says, and cannot start in the past") {
  Hub hub;
  Sink sink;
  hub.publish({}, Seq(10));
  CHECK(hub.published() == Seq(10));
  CHECK(hub.add({.name = "/a", .from = Seq(10), .sink = &sink}) == 0);
  CHECK(hub.add({.name = "/a", .from = Seq(11), .token = 1, .sink = &sink}) != 0);
  CHECK(hub.add({.name = "/a", .from = Seq(13), .token = 2, .sink = &sink}) != 0);
  publish(hub, {event(11, "/a"), event(12, "/a"), event(13, "/a")});
  CHECK(sink.take() == Got{"1@11", "1@12", "2@13", "1@13"});
  CHECK(sink.calls == 1);
}

TEST_CASE("a watch for one delivery goes with the first event that its filter lets through") {
  Hub hub;
  Sink sink;
  const Hub::Filter even = [](const Event& e, std::string_view, bool) { return e.seq().value % 2 == 0; };
  hub.add({.name = "/a", .subtree = true, .from = Seq(1), .once = true, .token = 1, .sink = &sink, .filter = even});
  hub.add({.name = "/a", .subtree = true, .from = Seq(1), .token = 2, .sink = &sink, .filter = even});
  publish(hub, {event(1, "/a/x")});
  CHECK(hub.size() == 2);
  publish(hub, {event(2, "/a/x"), event(3, "/a/x"), event(4, "/a/x")});
  CHECK(sink.take() == Got{"2@2", "1@2", "2@4"});
  CHECK(hub.size() == 1);
}

// Known bug: RB-67.
TEST_CASE("a removed watch is silent, and its id never means another one") {
  Hub hub;
  Sink sink;
  const Hub::WatchId first = hub.add({.name = "/a", .from = Seq(1), .token = 1, .sink = &sink});
  hub.remove(first);
  hub.remove(first);
  CHECK(hub.size() == 0);
  const Hub::WatchId second = hub.add({.name = "/a", .from = Seq(1), .token = 2, .sink = &sink});
  CHECK(second != first);
  hub.remove(first);
  hub.remove(0);
  hub.remove(12345);
  publish(hub, {event(1, "/a")});
  CHECK(sink.take() == Got{"2@1"});
}

TEST_CASE("each sink gets one call for all of its deliveries") {
  Hub hub;
  Sink sinks[2];
  for (uint64_t token = 0; token < 100; ++token) {
    hub.add({.name = token % 3 ? "/a" : "/b", .from = Seq(1), .token = token, .sink = &sinks[token % 2]});
  }
  publish(hub, {event(1, "/a"), event(2, "/b"), event(3, "/a")});
  for (const Sink& sink : sinks) CHECK(sink.calls == 1);
  CHECK(sinks[0].got.size() + sinks[1].got.size() == 66 * 2 + 34);
}

TEST_CASE("a hub of many watches that come and go delivers what a plain list would") {
  SeededRandom random(7);
  const char* const names[] = {"", "/a", "/a/b", "/a/b/c", "/d", "/d/e"};
  Hub hub;
  Sink sink;
  std::map<Hub::WatchId, Hub::Watch> model;
  for (uint64_t step = 1; step <= 3000; ++step) {
    const Seq seq = hub.published().next();
    switch (random.below(3)) {
      case 0: {
        const Hub::Watch watch{.name = names[random.below(6)],
                               .subtree = random.below(2) == 0,
                               .from = Seq(seq.value + random.below(4)),
                               .once = random.below(2) == 0,
                               .token = step,
                               .sink = &sink};
        model[hub.add(watch)] = watch;
        break;
      }
      case 1:
        if (!model.empty()) {
          const auto gone = std::next(model.begin(), static_cast<ptrdiff_t>(random.below(model.size())));
          hub.remove(gone->first);
          model.erase(gone);
        }
        break;
      default: {
        const std::string key = names[1 + random.below(5)];
        std::vector<std::string> expected;
        std::erase_if(model, [&](const auto& item) {
          const Hub::Watch& watch = item.second;
          const bool below = watch.subtree && key.starts_with(watch.name + "/");
          if (watch.from > seq || (watch.name != key && !below)) return false;
          expected.push_back(std::to_string(watch.token) + "@" + to_string(seq));
          return watch.once;
        });
        publish(hub, {event(seq.value, key)});
        std::vector<std::string> got = sink.take();
        std::sort(got.begin(), got.end());
        std::sort(expected.begin(), expected.end());
        REQUIRE(got == expected);
      }
    }
    REQUIRE(hub.size() == model.size());
  }
}

TEST_CASE("a jump tells each sink once what its watchers missed, and none whose watchers wait for what comes later") {
  Hub hub;
  Sink named, ranged, later;
  publish(hub, {event(4, "/a")});
  hub.add({.name = "/a", .from = Seq(5), .token = 1, .sink = &named});
  hub.add({.name = "", .subtree = true, .from = Seq(5), .token = 2, .sink = &named});
  hub.add({.range = {"/a", ""}, .from = Seq(5), .token = 3, .sink = &ranged});
  hub.add({.name = "/a", .from = Seq(21), .token = 4, .sink = &later});
  hub.jump(Seq(20));
  CHECK(hub.published() == Seq(20));
  CHECK(hub.delivered() == Seq(20));
  CHECK(named.take() == Got{"missed from 5"});
  CHECK(ranged.take() == Got{"missed from 5"});
  CHECK(later.take().empty());
  CHECK(hub.add({.name = "/a", .from = Seq(20), .token = 5, .sink = &later}) == 0);
  publish(hub, {event(21, "/a")});
  CHECK(named.take() == Got{"1@21", "2@21"});
  CHECK(ranged.take() == Got{"3@21"});
  CHECK(later.take() == Got{"4@21"});
}

TEST_CASE("RB-53: who is told of an event may add, remove and ask about watches at once") {
  Hub hub;
  struct Busy final : WatchSink {
    explicit Busy(Hub& told_by) : hub(told_by) {}
    void deliver(std::vector<Delivery> deliveries) override {
      for (const Delivery& delivery : deliveries) watch(delivery.event->seq().next());
    }
    void missed(Seq) override { watch(hub.published().next()); }
    void delivered(Seq) override { hub.tell_delivered(hub.published().next(), *this); }
    void watch(Seq from) {
      if (id != 0) hub.remove(id);
      id = hub.add({.name = "/a", .subtree = false, .from = from, .token = 1, .sink = this});
    }
    Hub& hub;
    Hub::WatchId id = 0;
  } busy(hub);
  busy.watch(Seq(4));
  CHECK(hub.tell_delivered(Seq(4), busy));
  publish(hub, {event(4, "/a")});
  hub.jump(Seq(9));
  publish(hub, {event(10, "/a")});
  CHECK(busy.id != 0);
  CHECK(hub.size() == 1);
  CHECK(hub.delivered() == Seq(10));
}

TEST_CASE("a jump to where the hub is already tells nobody anything") {
  Hub hub;
  Sink sink;
  publish(hub, {event(4, "/a")});
  hub.add({.name = "/a", .from = Seq(5), .token = 1, .sink = &sink});
  hub.jump(Seq(4));
  CHECK(sink.take().empty());
}

}  // namespace viaduct::store
