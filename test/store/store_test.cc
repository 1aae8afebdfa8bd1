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

}  // namespace viaduct::store
