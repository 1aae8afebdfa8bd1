// The hub's watchers of ranges of v3 keys.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/random.h"
#include "store/hub.h"

namespace viaduct::store {
namespace {

const std::string kOpen(1, '\0');

Record record(Seq seq, uint32_t part, Family family, std::string key) {
  Record made;
  made.id = {seq, part};
  made.family = family;
  made.key = std::move(key);
  return made;
}

EventPtr event(uint64_t seq, std::string key, std::vector<std::pair<Family, std::string>> companions = {},
               Family family = Family::kKey) {
  auto made = std::make_shared<Event>();
  made->record = record(Seq(seq), 0, family, std::move(key));
  for (auto& [of, name] : companions) {
    const auto part = static_cast<uint32_t>(made->companions.size() + 1);
    made->companions.push_back(record(Seq(seq), part, of, std::move(name)));
  }
  return made;
}

struct Sink final : WatchSink {
  void deliver(std::vector<Delivery> deliveries) override {
    ++calls;
    for (const Delivery& d : deliveries) got.push_back(std::to_string(d.token) + "@" + to_string(d.event->seq()));
  }
  void delivered(Seq up_to) override { got.push_back("up to " + to_string(up_to)); }
  void missed(Seq from) override { got.push_back("missed from " + to_string(from)); }
  std::vector<std::string> take() {
    std::sort(got.begin(), got.end());
    return std::exchange(got, {});
  }

  int calls = 0;
  std::vector<std::string> got;
};
using Got = std::vector<std::string>;

void publish(Hub& hub, std::vector<EventPtr> events) { hub.publish(events, events.back()->seq()); }

}  // namespace

TEST_CASE("an event reaches each watcher of a range that holds its key") {
  Hub hub;
  Sink sink;
  uint64_t token = 0;
  for (const KeyRange& range : {KeyRange{"b", ""}, KeyRange{"a", "b"}, KeyRange{"a", "c"}, KeyRange{"b", kOpen},
                                KeyRange{"c", kOpen}, KeyRange{"b", ""}, KeyRange{"a", "c"}, KeyRange{"c", ""}}) {
    REQUIRE(hub.add({.range = range, .from = Seq(1), .token = ++token, .sink = &sink}) != 0);
  }
  publish(hub, {event(1, "b")});
  CHECK(sink.take() == Got{"1@1", "3@1", "4@1", "6@1", "7@1"});
  CHECK(sink.calls == 1);
}

TEST_CASE("keys that came along count, directories do not, and no watcher gets an event twice") {
  Hub hub;
  Sink sink;
  hub.add({.range = {"/d/", "/d0"}, .from = Seq(1), .token = 1, .sink = &sink});
  hub.add({.range = {"/d/f", ""}, .from = Seq(1), .token = 2, .sink = &sink});
  hub.add({.range = {"/d", ""}, .from = Seq(1), .token = 3, .sink = &sink});
  hub.add({.range = {"/d/sub", ""}, .from = Seq(1), .token = 4, .sink = &sink});
  publish(hub, {event(1, "/d", {{Family::kKey, "/d/e"}, {Family::kKey, "/d/f"}, {Family::kDirectory, "/d/sub"}},
                      Family::kDirectory)});
  CHECK(sink.take() == Got{"1@1", "2@1"});
  publish(hub, {event(2, "/d", {{Family::kDirectory, "/"}}), event(3, "/d/f")});
  CHECK(sink.take() == Got{"1@3", "2@3", "3@2"});
}

TEST_CASE("a range watch starts where it says, and cannot start in the past") {
  Hub hub;
  Sink sink;
  hub.publish({}, Seq(10));
  CHECK(hub.add({.range = {"a", ""}, .from = Seq(10), .sink = &sink}) == 0);
  CHECK(hub.add({.range = {"a", ""}, .from = Seq(11), .token = 1, .sink = &sink}) != 0);
  CHECK(hub.add({.range = {"a", "b"}, .from = Seq(12), .token = 2, .sink = &sink}) != 0);
  publish(hub, {event(11, "a"), event(12, "a")});
  CHECK(sink.take() == Got{"1@11", "1@12", "2@12"});
}

TEST_CASE("a removed range watch is silent, and its id never means another one") {
  Hub hub;
  Sink sink;
  for (const KeyRange& range : {KeyRange{"a", ""}, KeyRange{"a", "b"}}) {
    const Seq next = hub.published().next();
    const Hub::WatchId first = hub.add({.range = range, .from = next, .token = 1, .sink = &sink});
    const Hub::WatchId name = hub.add({.name = "/n", .from = next, .token = 9, .sink = &sink});
    hub.remove(first);
    hub.remove(first);
    CHECK(hub.size() == 1);
    const Hub::WatchId second = hub.add({.range = range, .from = next, .token = 2, .sink = &sink});
    CHECK(second != first);
    hub.remove(first);
    publish(hub, {event(next.value, "a")});
    CHECK(sink.take() == Got{"2@" + to_string(next)});
    hub.remove(second);
    hub.remove(name);
    CHECK(hub.size() == 0);
  }
}

TEST_CASE("who asks is told when all deliveries up to a seq were handed over, behind them") {
  Hub hub;
  Sink sink;
  hub.add({.range = {"a", ""}, .from = Seq(1), .token = 1, .sink = &sink});
  CHECK(hub.delivered() == Seq(0));
  CHECK_FALSE(hub.tell_delivered(Seq(0), sink));
  CHECK(hub.tell_delivered(Seq(2), sink));
  CHECK(hub.tell_delivered(Seq(9), sink));  // later than what it waits for
  publish(hub, {event(1, "a")});
  CHECK(sink.got == Got{"1@1"});
  publish(hub, {event(2, "a"), event(3, "b")});
  CHECK(sink.got == Got{"1@1", "1@2", "up to 3"});
  CHECK(hub.delivered() == Seq(3));
  CHECK_FALSE(hub.tell_delivered(Seq(3), sink));
  publish(hub, {event(4, "b")});
  CHECK(sink.got.size() == 3);
}

TEST_CASE("ranges that come and go are delivered to as a plain list would") {
  SeededRandom random(11);
  const std::string names[] = {"", "a", "a" + kOpen, "ab", "b", "ba", "\xff"};
  const auto name = [&] { return names[random.below(std::size(names))]; };
  Hub hub;
  Sink sink;
  std::map<Hub::WatchId, Hub::RangeWatch> model;
  for (uint64_t step = 1; step <= 4000; ++step) {
    const Seq seq = hub.published().next();
    const uint64_t what = random.below(4);
    if (what < 2) {
      const KeyRange range{name(), random.below(4) == 0 ? kOpen : name()};
      if (range.is_empty()) continue;
      const Hub::RangeWatch watch{
          .range = range, .from = Seq(seq.value + random.below(3)), .token = step, .sink = &sink};
      model[hub.add(watch)] = watch;
    } else if (what == 2 && !model.empty()) {
      const auto gone = std::next(model.begin(), static_cast<ptrdiff_t>(random.below(model.size())));
      hub.remove(gone->first);
      model.erase(gone);
    } else {
      const std::string keys[] = {name(), name()};
      Got expected;
      for (const auto& [id, watch] : model) {
        const bool holds = watch.range.contains(keys[0]) || watch.range.contains(keys[1]);
        if (holds && watch.from <= seq) expected.push_back(std::to_string(watch.token) + "@" + to_string(seq));
      }
      std::sort(expected.begin(), expected.end());
      publish(hub, {event(seq.value, keys[0], {{Family::kKey, keys[1]}})});
      REQUIRE(sink.take() == expected);
    }
    REQUIRE(hub.size() == model.size());
  }
}

}  // namespace viaduct::store
