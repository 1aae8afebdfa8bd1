#include "store/lease.h"

#include <doctest/doctest.h>

#include "store/lease_table.h"
#include "test/store/store_fixture.h"

namespace viaduct::store {
namespace {

EventPtr put_with_ttl(StoreFixture& store, std::string_view key, uint64_t ttl_seconds, Family family = Family::kKey) {
  return store
      .transact([&](Transaction& t) {
        t.begin_event();
        Draft draft{.family = family, .key = key, .by_v2 = true, .ttl_seconds = ttl_seconds};
        if (family == Family::kKey) draft.value = Blob("v");
        t.append(draft);
      })
      .front();
}

void grant(StoreFixture& store, uint64_t id, uint64_t ttl_seconds) {
  store.transact([&](Transaction& t) { t.grant(LeaseId(id), ttl_seconds); });
}

std::optional<Lease> find(StoreFixture& store, LeaseId id) {
  const Store::ReadLock lock(*store);
  const Lease* const lease = store->find_lease(id);
  return lease ? std::optional(*lease) : std::nullopt;
}

std::vector<std::string> attached(StoreFixture& store, LeaseId id) {
  const Store::ReadLock lock(*store);
  std::vector<std::string> names;
  for (const auto& [family, name] : store->attached(id)) {
    names.push_back(name + (family == Family::kDirectory ? " (directory)" : ""));
  }
  return names;
}

constexpr uint64_t kSecond = 1000;

}  // namespace

// Known bug: RB-69.
TEST_CASE("remaining time is rounded up to seconds, and ends at zero or below") {
  struct Case {
    uint64_t deadline_ms, now_ms;
    int64_t seconds;
  };
  for (const Case& c : {Case{5000, 4000, 1}, Case{5000, 4001, 1}, Case{5000, 3999, 2}, Case{5000, 4999, 1},
                        Case{5000, 5000, 0}, Case{5000, 5999, 0}, Case{5000, 6000, -1}}) {
    CAPTURE(c.now_ms);
    CHECK(remaining_seconds({.deadline_ms = c.deadline_ms}, c.now_ms) == c.seconds);
  }
}

// Known bug: RB-69.
TEST_CASE("a v2 TTL makes a lease of its own, whose terms live in the record") {
  StoreFixture store;
  const EventPtr event = put_with_ttl(store, "/t", 2);
  const LeaseId id(kFirstV2LeaseId + 4);
  CHECK(event->record.lease == id);
  CHECK(event->record.ttl == ShownTtl{store.stamp.wall_ns + 2'000'000'000, 2});
  for (int opens = 0; opens < 2; ++opens, store.reopen()) {
    const std::optional<Lease> lease = find(store, id);
    REQUIRE(lease);
    CHECK(lease->deadline_ms == store.stamp.cluster_ms + 2 * kSecond);
    CHECK(lease->made_by_v2);
    CHECK_FALSE(lease->has_row);
    CHECK(attached(store, id) == std::vector<std::string>{"/t"});
    CHECK(store.key("/t")->ttl == event->record.ttl);
  }
}

TEST_CASE("a v2 lease takes the next free id when a client took its own") {
  StoreFixture store;
  grant(store, kFirstV2LeaseId + 4, 10);
  grant(store, kFirstV2LeaseId + 5, 10);
  CHECK(put_with_ttl(store, "/t", 2)->record.lease == LeaseId(kFirstV2LeaseId + 6));
  CHECK(put_with_ttl(store, "/u", 2)->record.lease == LeaseId(kFirstV2LeaseId + 7));
}

TEST_CASE("a detach drops a lease that v2 made and that is empty now, and no other") {
  StoreFixture store;
  const LeaseId own = put_with_ttl(store, "/t", 60)->record.lease;
  grant(store, 7, 60);
  store.put("/c", "v", LeaseId(7));
  store.put("/t2", "v", own);  // a v3 client shares it
  CHECK(attached(store, own) == std::vector<std::string>{"/t", "/t2"});

  store.put("/t", "v");
  CHECK(attached(store, own) == std::vector<std::string>{"/t2"});
  store.reopen();  // "/t2" carries the terms as well
  CHECK(find(store, own));
  store.remove("/t2");
  CHECK_FALSE(find(store, own));
  store.put("/c", "v");
  CHECK(find(store, LeaseId(7)));
  store.reopen();
  CHECK_FALSE(find(store, own));
  CHECK(find(store, LeaseId(7)));
}

TEST_CASE("a put that attaches the lease it had does not drop it in between") {
  StoreFixture store;
  const LeaseId own = put_with_ttl(store, "/t", 60)->record.lease;
  store.put("/t", "again", own);
  CHECK(attached(store, own) == std::vector<std::string>{"/t"});
  store.reopen();
  CHECK(attached(store, own) == std::vector<std::string>{"/t"});
}

TEST_CASE("a change of the explicit flag leaves the attachment as it is") {
  StoreFixture store;
  const LeaseId own = put_with_ttl(store, "/d", 60, Family::kDirectory)->record.lease;
  store.stamp.cluster_ms += 5 * kSecond;
  const EventPtr event = store
                             .transact([&](Transaction& t) {
                               t.begin_event();
                               t.append({.family = Family::kDirectory,
                                         .key = "/d",
                                         .is_explicit = true,
                                         .created_seq = t.directory("/d")->created_seq(),
                                         .keep_lease = true});
                             })
                             .front();
  CHECK(event->record.lease == own);
  CHECK(event->record.ttl->ttl_seconds == 55);
  store.compact(3);  // only the new record is left
  store.clean();
  store.reopen();
  CHECK(attached(store, own) == std::vector<std::string>{"/d (directory)"});
  CHECK(find(store, own)->deadline_ms == store.stamp.cluster_ms + 55 * kSecond);
  CHECK(store.directory("/d")->created_seq == Seq(4));
}

TEST_CASE("a renewal begins the TTL anew and is kept as a row, which wins over what records say") {
  StoreFixture store;
  const LeaseId own = put_with_ttl(store, "/t", 10)->record.lease;
  const Numbers before = store.numbers();
  store.stamp = {store.stamp.cluster_ms + 3 * kSecond, store.stamp.wall_ns + 9};
  store.transact([&](Transaction& t) { t.renew(own); });
  CHECK(store.numbers().seq == before.seq);
  CHECK(store.numbers().revision == before.revision);
  for (int opens = 0; opens < 2; ++opens, store.reopen()) {
    const std::optional<Lease> lease = find(store, own);
    REQUIRE(lease);
    CHECK(lease->deadline_ms == store.stamp.cluster_ms + 10 * kSecond);
    CHECK(lease->expiration_ns == store.stamp.wall_ns + 10'000'000'000);
    CHECK(lease->has_row);
    CHECK(lease->made_by_v2);
  }
  const EventPtr event = store.put("/t", "v");  // empties it: the row goes, too
  CHECK(event->record.prev_ttl->ttl_seconds == 10);
  CHECK_FALSE(event->record.ttl);
  store.reopen();
  CHECK_FALSE(find(store, own));
}

TEST_CASE("RB-57: a restart changes no deadline, however much of the TTL has passed") {
  StoreFixture store;
  grant(store, 7, 10);
  const LeaseId own = put_with_ttl(store, "/t", 20)->record.lease;
  const uint64_t granted_ms = store.stamp.cluster_ms;
  for (int restart = 0; restart < 3; ++restart) {
    store.stamp.cluster_ms += 4 * kSecond;
    store.put("/other", "v");
    store.reopen();
    CHECK(find(store, LeaseId(7))->deadline_ms == granted_ms + 10 * kSecond);
    CHECK(find(store, own)->deadline_ms == granted_ms + 20 * kSecond);
  }
  CHECK(store->expired(store.stamp.cluster_ms, 10, 10) == std::vector{LeaseId(7)});
}

TEST_CASE("leases end in order of deadline and id, within both bounds") {
  StoreFixture store;
  for (const auto& [id, ttl] : {std::pair{9, 5}, {3, 5}, {4, 1}, {5, 60}}) grant(store, id, ttl);
  store.put("/a", "1", LeaseId(4));
  store.put("/b", "1", LeaseId(4));
  const uint64_t now = store.stamp.cluster_ms;
  using Ids = std::vector<LeaseId>;
  CHECK(store->expired(now + 999, 10, 10) == Ids{});
  CHECK(store->expired(now + 1 * kSecond, 10, 10) == Ids{LeaseId(4)});
  CHECK(store->expired(now + 5 * kSecond, 10, 10) == Ids{LeaseId(4), LeaseId(3), LeaseId(9)});
  CHECK(store->expired(now + 5 * kSecond, 2, 10) == Ids{LeaseId(4), LeaseId(3)});
  CHECK(store->expired(now + 5 * kSecond, 10, 2) == Ids{LeaseId(4)});
  CHECK(store->expired(now + 5 * kSecond, 10, 3) == Ids{LeaseId(4), LeaseId(3), LeaseId(9)});
}

TEST_CASE("a TTL of zero is over at once, and one beyond the limit counts as the limit") {
  const Stamp stamp{1'000, 1'700'000'000'000'000'000};
  CHECK(lease_from(LeaseId(1), 0, stamp).deadline_ms == 1'000);
  CHECK(lease_from(LeaseId(1), 0, stamp).expiration_ns == stamp.wall_ns);
  for (const uint64_t ttl : {kMaxTtlSeconds, kMaxTtlSeconds + 1, UINT64_MAX}) {
    CAPTURE(ttl);
    const Lease lease = lease_from(LeaseId(1), ttl, stamp);
    CHECK(lease.ttl_seconds == kMaxTtlSeconds);
    CHECK(lease.deadline_ms == 1'000 + kMaxTtlSeconds * 1000);
    CHECK(lease.expiration_ns == INT64_MAX);
  }
}

TEST_CASE("a lease row that lost or gained bytes is none") {
  const std::string data =
      encode_lease({.id = LeaseId(5), .ttl_seconds = 300, .deadline_ms = 1'000'000, .made_by_v2 = true});
  Lease lease;
  REQUIRE(decode_lease(LeaseId(5), data, lease));
  CHECK(lease.ttl_seconds == 300);
  CHECK(lease.made_by_v2);
  for (size_t left = 0; left < data.size(); ++left)
    CHECK_FALSE(decode_lease(LeaseId(5), Bytes(data).substr(0, left), lease));
  CHECK_FALSE(decode_lease(LeaseId(5), data + '\0', lease));
}

}  // namespace viaduct::store
