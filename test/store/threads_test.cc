// Readers beside the apply thread; meant for the thread sanitizer as much as for its own checks.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "test/store/store_fixture.h"

namespace viaduct::store {
namespace {

constexpr int kGroups = 150;
constexpr int kKeys = 40;

std::string key_name(uint64_t i) { return "/k/" + std::to_string(i % kKeys); }

// Every transaction gives the same new value to /one and /two.
void write_pairs(StoreFixture& store) {
  for (int group = 0; group < kGroups; ++group) {
    store->begin_group();
    for (int i = 0; i < 4; ++i) {
      Transaction t = store->begin(store.stamp, "");
      const std::string value = std::to_string(group * 4 + i);
      StoreFixture::append_put(t, "/one", value);
      StoreFixture::append_put(t, "/two", value);
      StoreFixture::append_put(t, key_name(group * 4 + i), value);
    }
    store.commit();
    if (group % 10 == 9) {
      store.compact(store.numbers().revision.value - 8);
      while (store->compact_some(20)) {
      }
    }
  }
}

// What a check in another thread found wrong; doctest's own checks stay on the test's thread.
struct Failures {
  std::atomic<int> count = 0;
  void unless(bool condition) { count += condition ? 0 : 1; }
};

void read_under_lock(StoreFixture& store, Failures& failures) {
  NodeView one, two;
  {
    const Store::ReadLock lock(*store);
    const Entry* const first = store->find(Family::kKey, "/one");
    const Entry* const second = store->find(Family::kKey, "/two");
    failures.unless(!first == !second);
    if (!first || !second) return;
    one = store->view(*first, 0);
    two = store->view(*second, 0);
  }
  failures.unless(one.mod_revision == two.mod_revision);
  const Blob value = one.value ? one.value : store->load_value(one.id);
  if (value && two.value) failures.unless(value.view() == two.value.view());
}

void read_snapshot(StoreFixture& store, Failures& failures) {
  Result<std::unique_ptr<Store::Snapshot>> snapshot = store->snapshot(Revision());
  failures.unless(bool(snapshot));
  std::string one, two;
  std::string from;
  for (;;) {
    const std::vector<NodeView> nodes = (*snapshot)->slice(Family::kKey, from, "", 5);
    for (const NodeView& node : nodes) {
      failures.unless(bool(node.value));
      if (node.key == "/one") one = node.value.view();
      if (node.key == "/two") two = node.value.view();
    }
    if (nodes.size() < 5) break;
    from = nodes.back().key + '\0';
  }
  failures.unless(one == two);
}

void read_events(StoreFixture& store, uint64_t& next, Failures& failures) {
  const Result<std::vector<EventPtr>> events = store->events_since(Seq(next), 50, 1 << 20);
  if (!events) {
    failures.unless(events.error().code == Code::kCompacted);
    next = store.numbers().compacted_seq.value + 1;
    return;
  }
  for (const EventPtr& event : *events) failures.unless(event->seq().value == next++);
}

}  // namespace

TEST_CASE("readers on other threads see whole transactions, whole snapshots and every event") {
  StoreFixture store(200, 2'000);
  std::atomic<bool> done = false;
  Failures failures;
  std::vector<std::thread> readers;
  const auto read = [&](auto body) {
    readers.emplace_back([&, body]() mutable {
      do body();
      while (!done);
    });
  };
  read([&] { read_under_lock(store, failures); });
  read([&] { read_snapshot(store, failures); });
  read([&, next = uint64_t{4}]() mutable { read_events(store, next, failures); });
  write_pairs(store);
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(failures.count == 0);
  CHECK(store.numbers().seq == Seq(3 + kGroups * 12));
}

}  // namespace viaduct::store
