#include "store/store.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/store/store_fixture.h"

namespace viaduct::store {

TEST_CASE("a fresh store has the numbers of a member that just formed a cluster, and a root") {
  StoreFixture store;
  CHECK(store.numbers().seq == Seq(3));
  CHECK(store.numbers().revision == Revision(1));
  CHECK(store.numbers().compacted_seq == Seq(0));
  const std::optional<NodeView> root = store.directory("");
  REQUIRE(root);
  CHECK(root->children == 0);
  CHECK(root->created_seq == Seq(0));
  CHECK(store.events_since(1).empty());
}

TEST_CASE("a put makes its parents as companions, and a second one keeps the create revision") {
  StoreFixture store;
  const EventPtr first = store.put("/a/b/c", "1");
  CHECK(first->seq() == Seq(4));
  CHECK(first->record.revision == Revision(2));
  REQUIRE(first->companions.size() == 2);
  CHECK(first->companions[0].key == "/a");
  CHECK(first->companions[1].key == "/a/b");
  CHECK(first->companions[1].id == RecordId{Seq(4), 2});
  CHECK_FALSE(first->prev);

  const EventPtr second = store.put("/a/b/c", "2");
  CHECK(second->companions.empty());
  REQUIRE(second->prev);
  CHECK(second->prev->value.view() == "1");
  CHECK(second->record.prev == RecordId{Seq(4), 0});

  const std::optional<NodeView> node = store.key("/a/b/c");
  REQUIRE(node);
  CHECK(node->create_revision == Revision(2));
  CHECK(node->mod_revision == Revision(3));
  CHECK(node->version == 2);
  CHECK(node->created_seq == Seq(5));
  CHECK(store.directory("/a")->children == 1);
  CHECK(store.directory("/a/b")->children == 1);
  CHECK(store.directory("/a")->newest_below == Seq(5));
}

TEST_CASE("rows are kept by name, listed by prefix, and part of the hash") {
  StoreFixture store;
  const uint64_t empty = store->hash();
  store->begin_group();
  for (const char* name : {"member/1", "member/2", "members", "alarm"}) store->put_row(name, std::string("of ") + name);
  store->put_row("alarm", "");
  store->delete_row("member/2");
  store->delete_row("never there");
  store.commit();
  CHECK(store->hash() != empty);
  for (int opens = 0; opens < 2; ++opens, store.reopen()) {
    const Store::ReadLock lock(*store);
    CHECK(store->row("alarm") == "");
    CHECK(store->row("member/2") == std::nullopt);
    using Rows = std::vector<std::pair<std::string, std::string>>;
    CHECK(store->rows("member/") == Rows{{"member/1", "of member/1"}});
    CHECK(store->rows("member").size() == 2);
    CHECK(store->rows("").size() == 3);
    CHECK(store->rows("n").empty());
  }
}

// Known bug: RB-04.
TEST_CASE("a group that changes nothing moves the applied index and nothing else") {
  StoreFixture store;
  const uint64_t hash = store->hash();
  CHECK(store.transact([](Transaction&) {}).empty());
  store.reopen();
  CHECK(store->hash() == hash);
  CHECK(store.numbers().revision == Revision(1));
  const Store::ReadLock lock(*store);
  CHECK(store->applied().index == Index(1));
  CHECK(store->applied().term == Term(1));
  CHECK(store->applied().stamp == store.stamp);
}

TEST_CASE("a transaction of several events is one revision, and reads its own changes") {
  StoreFixture store;
  const std::vector<EventPtr> events = store.transact([](Transaction& t) {
    StoreFixture::append_put(t, "/x/1", "a");
    CHECK(t.key("/x/1")->value().view() == "a");
    CHECK(t.directory("/x")->children() == 1);
    StoreFixture::append_delete(t, Family::kKey, "/x/1");
    CHECK_FALSE(t.key("/x/1"));
    CHECK_FALSE(t.directory("/x"));
    StoreFixture::append_put(t, "/x/2", "b");
    CHECK(t.event()->companions.size() == 1);
  });
  REQUIRE(events.size() == 3);
  for (size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i]->record.revision == Revision(2));
    CHECK(events[i]->seq() == Seq(4 + i));
  }
  CHECK(store.numbers().revision == Revision(2));
  CHECK(store.directory("/x")->created_seq == Seq(6));  // T3: made anew
  CHECK(events[1]->prev->value.view() == "a");
  CHECK_FALSE(events[2]->record.prev);
}

TEST_CASE("a scan visits live names in byte order within its bounds, until told to stop") {
  StoreFixture store;
  for (const char* key : {"/b", "/a", "/a/b", "/c", "z", "\xff"}) store.put(key, "v");
  store.remove("/b");
  const auto names = [&](std::string_view from, std::string_view to, size_t limit) {
    std::string all;
    const Store::ReadLock lock(*store);
    store->scan(Family::kKey, from, to, [&](const Entry& entry) {
      all.append(entry.key()).append(" ");
      return --limit > 0;
    });
    return all;
  };
  CHECK(names("", "", 100) == "/a /a/b /c z \xff ");
  CHECK(names("/a", "/c", 100) == "/a /a/b ");
  CHECK(names(std::string_view("/a\0", 3), "/d", 100) == "/a/b /c ");
  CHECK(names("/b", "/b", 100) == "");
  CHECK(names("", "", 2) == "/a /a/b ");
}

TEST_CASE("actions are spelled as v2 spells them") {
  CHECK(action_name(Action::kSet) == std::string("set"));
  CHECK(action_name(Action::kCreate) == std::string("create"));
  CHECK(action_name(Action::kUpdate) == std::string("update"));
  CHECK(action_name(Action::kCompareAndSwap) == std::string("compareAndSwap"));
  CHECK(action_name(Action::kDelete) == std::string("delete"));
  CHECK(action_name(Action::kCompareAndDelete) == std::string("compareAndDelete"));
  CHECK(action_name(Action::kExpire) == std::string("expire"));
}

}  // namespace viaduct::store
