// What is applied moves the index and does the same everywhere, whatever the entry is and whoever waits for it (INV-A1,
// INV-A3, INV-A4).
#include "server/applier.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fatal.h"
#include "server/applied_configurations.h"
#include "server/checkpoints.h"
#include "server/stamped.h"
#include "test/server/snapshot_world.h"
#include "test/store/store_copy.h"
#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using Change = std::function<void(Command&)>;

// One member's apply thread.
class Member {
 public:
  Member() {
    restart();
    Command founding;
    founding.mutable_initialize();  // before it nothing else is done
    std::string data = serialize_unstamped(founding);
    write_stamp(data, {});
    apply(std::move(data));
  }

  void restart() {
    applier_.reset();
    store_.reopen();
    applier_ = std::make_unique<Applier>(*store_, hub_, counts_, configurations_, checkpoints_);
  }

  void apply(std::string data, EntryType type = EntryType::kCommand, bool is_awaited = false) {
    apply_at(applied().index.next(), std::move(data), type, is_awaited);
  }
  void apply_at(Index index, std::string data, EntryType type = EntryType::kCommand, bool is_awaited = false) {
    std::vector<Committed> entries(1);
    entries[0].entry = std::make_shared<const Entry>(Entry{Term(2), index, type, std::move(data)});
    if (is_awaited) entries[0].completion = std::make_unique<Waiting>(executor_, answers_);
    applier_->apply(entries);
  }

  void install(Member& other) {
    bool is_done = false;
    applier_->install({store::copy_of(*other.store_, disk_, directory_.path() + "/copy"), {}, [&] { is_done = true; }});
    CHECK(is_done);
  }

  bool clean() { return applier_->compact_some(); }
  int answers() const { return answers_; }
  uint64_t hash() { return store_->hash(); }
  store::AppliedState applied() {
    const store::Store::ReadLock lock(*store_);
    return store_->applied();
  }

 private:
  struct Waiting final : v3bridge::Completion {
    Waiting(Executor& home, int& count) : Completion(home), answers(count) {}
    void done(v3bridge::Outcome) override { ++answers; }
    int& answers;
  };

  PosixDisk disk_;
  TemporaryDirectory directory_;  // of an installed state
  store::StoreFixture store_;
  store::Hub hub_;
  v3bridge::ApplyCounts counts_;
  AppliedConfigurations configurations_{[] {}};
  Checkpoints checkpoints_;
  AtOnce executor_;
  int answers_ = 0;
  std::unique_ptr<Applier> applier_;
};

std::string command(const Change& change, uint64_t cluster_ms = 1000) {
  Command command;
  change(command);
  std::string data = serialize_unstamped(command);
  write_stamp(data, {cluster_ms, 77});
  return data;
}

Change put(const char* key, const char* value, int64_t lease = 0) {
  return [=](Command& c) {
    c.mutable_put()->set_key(key);
    c.mutable_put()->set_value(value);
    c.mutable_put()->set_lease(lease);
  };
}

Change read_at(const char* key, int64_t revision) {
  return [=](Command& c) {
    auto& range = *c.mutable_txn()->add_success()->mutable_request_range();
    range.set_key(key);
    range.set_revision(revision);
  };
}

TEST_CASE("RB-04: every kind of entry moves the applied index, also as the last one before a restart") {
  const QuietLog quiet;  // an alarm is a warning
  struct Case {
    const char* name;
    std::string data;
    EntryType type = EntryType::kCommand;
  };
  for (const Case& c : {
           Case{"a new leader's", ""},
           Case{"a tick", command([](Command& c) { c.mutable_tick(); })},
           Case{"of no known kind", command([](Command&) {})},
           Case{"a put", command(put("/a", "1"))},
           Case{"a put that is refused", command(put("/a", "1", 404))},
           Case{"a txn that reads", command(read_at("/a", 0))},
           Case{"a txn that is refused", command(read_at("/a", 999))},
           Case{"a delete of nothing", command([](Command& c) { c.mutable_delete_range()->set_key("/a"); })},
           Case{"a v2 write that is refused", command([](Command& c) {
                  c.mutable_v2_write()->set_operation(V2Write::DELETE);
                  c.mutable_v2_write()->set_path("/a");
                })},
           Case{"a renewal of nothing", command([](Command& c) { c.mutable_lease_renew()->add_ids(404); })},
           Case{"an expiry of nothing", command([](Command& c) { c.mutable_lease_expire()->add_ids(404); })},
           Case{"a compaction that is refused", command([](Command& c) { c.mutable_compact()->set_revision(999); })},
           Case{"an alarm", command([](Command& c) {
                  c.mutable_alarm()->set_kind(Alarm::NOSPACE);
                  c.mutable_alarm()->set_raise(true);
                })},
           Case{"a change of the members that is refused",
                command([](Command& c) { c.mutable_member_remove()->set_id(404); }), EntryType::kConfiguration},
           Case{"a change of users that is refused",
                command([](Command& c) { c.mutable_auth_change()->mutable_user_delete()->set_name("nobody"); })},
       }) {
    CAPTURE(c.name);
    Member member;
    const Index before = member.applied().index;
    member.apply(c.data, c.type);
    const store::AppliedState applied = member.applied();
    CHECK(applied.index == before.next());
    CHECK(applied.term == Term(2));
    member.restart();
    CHECK(member.applied().index == applied.index);
    CHECK(member.applied().term == applied.term);
    CHECK(member.applied().chain == applied.chain);
  }
}

TEST_CASE("RB-10, RB-11: an entry comes to the same, whether its client waits, has gone or is another member's") {
  Member awaited, forgotten;
  const std::vector<Change> changes = {
      put("/a", "1"),
      put("/a", "2"),
      [](Command& c) { c.mutable_delete_range()->set_key("/a"); },
      put("/b", "3"),
      read_at("/a", 2),
      [](Command& c) { c.mutable_compact()->set_revision(4); },
      read_at("/a", 2),  // compacted, though cleaned up on one of the two only
      read_at("/b", 5),
      read_at("/b", 99),
      [](Command& c) {
        for (const auto& [key, lease] : {std::pair{"/c", 0}, {"/d", 404}}) {
          auto& write = *c.mutable_txn()->add_success()->mutable_request_put();
          write.set_key(key);
          write.set_lease(lease);
        }
      },
      [](Command& c) {
        c.mutable_v2_write()->set_operation(V2Write::CREATE);
        c.mutable_v2_write()->set_path("/e/f");
        c.mutable_v2_write()->set_value("6");
      },
  };
  for (const Change& change : changes) {
    awaited.apply(command(change), EntryType::kCommand, true);
    forgotten.apply(command(change));
    while (forgotten.clean()) {
    }
    CHECK(awaited.applied().chain == forgotten.applied().chain);
    CHECK(awaited.hash() == forgotten.hash());
  }
  CHECK(awaited.answers() == static_cast<int>(changes.size()));
  CHECK(forgotten.answers() == 0);
}

TEST_CASE("a change of the members is durable before it acts") {
  FakeDisk disk;
  SeededRandom random(1);
  store::Options options;
  options.directory = "/state";
  store::StoreFixture store(disk, options);
  store::Hub hub;
  v3bridge::ApplyCounts counts;
  Checkpoints checkpoints;
  std::unique_ptr<FakeDisk> after_power_cut;
  AppliedConfigurations configurations([&] { after_power_cut = disk.crash_image(random); });
  Applier applier(*store, hub, counts, configurations, checkpoints);
  std::vector<Committed> entries(1);
  entries[0].entry = std::make_shared<const Entry>(Entry{
      Term(1), Index(1), EntryType::kConfiguration, command([](Command& c) { c.mutable_member_remove()->set_id(7); })});
  applier.apply(entries);
  REQUIRE(after_power_cut);
  store::StoreFixture survivor(*after_power_cut, options);
  const store::Store::ReadLock lock(*survivor);
  CHECK(survivor->applied().index == Index(1));
}

TEST_CASE("RB-03: behind an installed state apply goes on with the entry after it, as who sent it does") {
  Member behind, ahead;
  behind.apply(command(put("/a", "1")));
  for (const char* value : {"1", "2", "3"}) ahead.apply(command(put("/a", value)));
  behind.install(ahead);
  CHECK(behind.applied().index == ahead.applied().index);
  for (Member* member : {&behind, &ahead}) member->apply(command(put("/b", "4")));
  CHECK(behind.applied().chain == ahead.applied().chain);
  CHECK(behind.hash() == ahead.hash());
}

TEST_CASE("an entry that does not follow the one before it ends the process before it does anything (INV-A5)") {
  struct Ended {};
  const struct Trap {
    Trap() {
      on_fatal = [](const std::string&) { throw Ended(); };
    }
    ~Trap() { on_fatal = nullptr; }
  } trap;
  for (const uint64_t index : {1, 2, 4, 9}) {
    CAPTURE(index);
    Member member;
    member.apply(command(put("/a", "1")));
    REQUIRE(member.applied().index == Index(2));
    const uint64_t before = member.hash();
    CHECK_THROWS_AS(member.apply_at(Index(index), command(put("/a", "2"))), Ended);
    CHECK(member.applied().index == Index(2));
    CHECK(member.hash() == before);
  }
}

}  // namespace
}  // namespace viaduct::server
