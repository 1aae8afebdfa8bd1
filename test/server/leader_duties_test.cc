#include "server/leader_duties.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "test/store/store_fixture.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kRoom = uint64_t{1} << 40;

// The NOSPACE alarm as the duties propose it, on a store of the test's.
class Space {
 public:
  void put(size_t bytes) { fixture_.put("/k" + std::to_string(++keys_), std::string(bytes, 'v')); }
  void remove_all() {
    for (; keys_ > 0; --keys_) fixture_.remove("/k" + std::to_string(keys_));
    fixture_.compact(fixture_.numbers().revision.value);
    fixture_.clean();
  }
  void raise() { raised_ = true; }
  bool raised() const { return raised_; }

  // Looks once, and does as is proposed.
  void look(std::chrono::nanoseconds after, uint64_t free_bytes = kRoom) {
    now_ += after;
    const auto command = duties_.watch_space({now_, 0, Index(), free_bytes, raised_});
    if (!command) return;
    CHECK(command->alarm().member() == 0xa);
    CHECK(command->alarm().kind() == Alarm::NOSPACE);
    CHECK(command->alarm().raise() != raised_);
    raised_ = command->alarm().raise();
  }
  uint64_t low_disk_bytes() const { return settings_.low_disk_bytes; }

 private:
  store::StoreFixture fixture_;
  v3bridge::ApplyCounts counts_;
  const DutySettings settings_{.auto_compaction = {}, .quota_bytes = 10'000};
  LeaderDuties duties_{*fixture_, counts_, MemberId(0xa), settings_};
  std::chrono::nanoseconds now_{0};
  int keys_ = 0;
  bool raised_ = false;
};

TEST_CASE("a store beyond its quota is full until it has been below nine tenths of it for five minutes") {
  Space space;
  space.put(5000);
  space.look(1s);
  CHECK_FALSE(space.raised());
  space.put(6000);
  space.look(1s);
  CHECK(space.raised());
  space.look(1h);
  CHECK(space.raised());
  space.remove_all();
  space.look(1s);
  space.look(299s);
  CHECK(space.raised());
  space.look(1s);
  CHECK_FALSE(space.raised());
}

TEST_CASE("the five minutes begin anew when the store fills again") {
  Space space;
  space.put(11'000);
  space.look(1s);
  space.remove_all();
  space.look(1s);
  space.look(200s);
  space.put(9'500);  // below the quota, and above nine tenths of it
  space.look(1s);
  space.remove_all();
  space.look(1s);
  space.look(200s);
  CHECK(space.raised());
  space.look(100s);
  CHECK_FALSE(space.raised());
}

TEST_CASE("an alarm that a request raised waits for five minutes as well") {
  Space space;
  space.raise();
  space.look(1s);
  space.look(299s);
  CHECK(space.raised());
  space.look(1s);
  CHECK_FALSE(space.raised());
}

TEST_CASE("a disk that was short and has twice as much room is room at once") {
  Space space;
  space.look(1s, space.low_disk_bytes() - 1);
  CHECK(space.raised());
  space.look(1s, 2 * space.low_disk_bytes() - 1);
  CHECK(space.raised());
  space.look(1s, 2 * space.low_disk_bytes());
  CHECK_FALSE(space.raised());
}

TEST_CASE("an alarm that stood before the start is the disk's when the disk is found short") {
  struct Case {
    const char* name;
    std::vector<uint64_t> free_in_low_disks;  // at one look after another, before there is room
    bool is_the_disks;
  };
  const Case cases[] = {
      {"short at the first look", {0}, true},
      {"with some room at the first look", {1}, true},
      {"with room for a moment before it is short", {10, 0}, true},
      {"never short", {10}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Space space;
    space.raise();
    for (const uint64_t low_disks : c.free_in_low_disks) space.look(1s, low_disks * space.low_disk_bytes());
    CHECK(space.raised());
    space.look(1s);
    CHECK(space.raised() == !c.is_the_disks);
  }
}

TEST_CASE("a lease ends once its whole time has passed, also that of its first millisecond") {
  constexpr uint64_t kGranted = 5000, kDeadline = kGranted + 2000;
  store::StoreFixture fixture;
  fixture.stamp.cluster_ms = kGranted;
  fixture.transact([](store::Transaction& t) { t.grant(LeaseId(7), 2); });
  const v3bridge::ApplyCounts counts;
  LeaderDuties duties(*fixture, counts, MemberId(0xa), {});
  CHECK_FALSE(duties.expire({1s, kDeadline, Index(), kRoom, false}));
  const auto command = duties.expire({2s, kDeadline + 1, Index(), kRoom, false});
  REQUIRE(command);
  REQUIRE(command->lease_expire().ids_size() == 1);
  CHECK(command->lease_expire().ids(0) == 7);
}

TEST_CASE("leases that are over together end a thousand at a time, each thousand once the one before has (INV-E2)") {
  constexpr uint64_t kGranted = 5000, kOver = kGranted + 2001;
  store::StoreFixture fixture;
  fixture.stamp.cluster_ms = kGranted;
  fixture.transact([](store::Transaction& t) {
    for (uint64_t id = 1; id <= 2500; ++id) t.grant(LeaseId(id), 2);
  });
  const v3bridge::ApplyCounts counts;
  LeaderDuties duties(*fixture, counts, MemberId(0xa), {});
  LeaseExpire proposed;
  Index newest(7);  // of the log
  const auto look = [&](std::chrono::nanoseconds now, Index applied) {
    const auto command = duties.expire({now, kOver, applied, kRoom, false});
    if (!command) return 0;
    duties.expiry_proposed(newest = newest.next());
    proposed = command->lease_expire();
    return proposed.ids_size();
  };
  const auto apply = [&] {
    fixture.transact([&](store::Transaction& t) {
      for (const uint64_t id : proposed.ids()) t.drop_lease(LeaseId(id));
    });
  };
  CHECK(look(1s, newest) == 1000);
  CHECK(look(2s, newest.previous()) == 0);
  for (const int more : {1000, 500, 0}) {  // the next at once
    apply();
    REQUIRE(look(1s + 1ms, newest) == more);
  }
  fixture.transact([](store::Transaction& t) { t.grant(LeaseId(1), 2); });
  CHECK(look(1s + 100ms, newest) == 0);  // else there is time
  CHECK(look(1s + 101ms, newest) == 1);
}

// The time for which the disk hung was part of this leader's cluster time, but not of that of the next.
TEST_CASE("a lease whose grant waited for a hanging disk ends a TTL after the answer, though cluster time went back") {
  constexpr uint64_t kGranted = 5000, kHung = 7000;
  store::StoreFixture fixture;
  fixture.stamp.cluster_ms = kGranted;
  fixture.transact([](store::Transaction& t) { t.grant(LeaseId(7), 2); });
  const v3bridge::ApplyCounts counts;
  LeaderDuties duties(*fixture, counts, MemberId(0xa), {});
  duties.handed_over(kGranted, kGranted + kHung, 10s);
  const uint64_t behind_deadline = kGranted + 2001;
  CHECK_FALSE(duties.expire({11s, behind_deadline, Index(), kRoom, false}));
  CHECK_FALSE(duties.expire({12s - 1ns, behind_deadline, Index(), kRoom, false}));
  CHECK(duties.expire({13s, behind_deadline, Index(), kRoom, false}));
}

}  // namespace
}  // namespace viaduct::server
