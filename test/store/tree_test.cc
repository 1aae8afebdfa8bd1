#include "store/tree.h"

#include <doctest/doctest.h>

#include "test/store/store_fixture.h"

namespace viaduct::store {

TEST_CASE("a key is visible when what follows the root is a canonical path") {
  struct Case {
    const char *root, *key;
    bool visible;
  };
  for (const Case& c : {Case{"", "/a", true}, Case{"", "a", false}, Case{"", "/", false}, Case{"", "", false},
                        Case{"", "/a/", false}, Case{"/pfx", "/pfx/a", true}, Case{"/pfx", "/pfx", false},
                        Case{"/pfx", "/pfxa", false}, Case{"/pfx", "/a", false}, Case{"/pfx", "/pfx//a", false}}) {
    CAPTURE(c.root);
    CAPTURE(c.key);
    Tree tree;
    tree.set_root(c.root);
    CHECK(tree.is_visible(c.key) == c.visible);
  }
}

TEST_CASE("with a v2 root, directories begin there and other keys touch none") {
  StoreFixture store;
  store->begin_group();
  store->set_v2_root("/pfx");
  store.commit();
  const auto put = [&](std::string_view key, std::vector<std::string_view> parents) {
    store.transact([&](Transaction& t) {
      t.begin_event();
      t.append({.key = key, .value = Blob("v")});
      for (const std::string_view parent : parents) t.append({.family = Family::kDirectory, .key = parent});
    });
  };
  put("/pfx/a/b", {"/pfx/a"});
  put("/other/a", {});
  put("/pfx", {});
  for (int opens = 0; opens < 2; ++opens, store.reopen()) {
    const Store::ReadLock lock(*store);
    CHECK(store->v2_root() == "/pfx");
    CHECK_FALSE(store->find(Family::kDirectory, ""));
    const Entry* const root = store->find(Family::kDirectory, "/pfx");
    REQUIRE(root);
    CHECK(root->children() == 1);
    CHECK(root->newest_below() == Seq(4));
    CHECK(store->find(Family::kDirectory, "/pfx/a")->children() == 1);
  }
  CHECK(store->sizes().shadowed_keys == 0);  // the key "/pfx" is outside
}

TEST_CASE("a key and a directory of one name count separately, and the key is shadowed while both live") {
  StoreFixture store;
  store.put("/a", "file");
  store.put("/a/b", "below");
  CHECK(store.directory("")->children == 2);
  CHECK(store->sizes().shadowed_keys == 1);
  store.reopen();
  CHECK(store.directory("")->children == 2);
  CHECK(store->sizes().shadowed_keys == 1);
  store.remove("/a/b");  // the implicit directory goes along
  CHECK(store.directory("")->children == 1);
  CHECK(store->sizes().shadowed_keys == 0);
  CHECK(store.value("/a") == "file");
}

TEST_CASE("a directory that comes after what lies in it counts it") {
  StoreFixture store;
  store.transact([](Transaction& t) {
    t.begin_event();
    t.append({.key = "/d/e/f", .value = Blob("v")});
    t.append({.key = "/d/e/g/h", .value = Blob("v")});
    t.append({.key = "/d/e!", .value = Blob("v")});  // sorts between /d/e and /d/e/...
    t.append({.key = "/d/x", .value = Blob("v")});
    t.append({.family = Family::kDirectory, .key = "/d/e/g"});
    t.append({.family = Family::kDirectory, .key = "/d/e"});
    t.append({.family = Family::kDirectory, .key = "/d"});
  });
  for (int opens = 0; opens < 2; ++opens, store.reopen()) {
    CHECK(store.directory("/d/e/g")->children == 1);
    CHECK(store.directory("/d/e")->children == 2);
    CHECK(store.directory("/d")->children == 3);
    CHECK(store.directory("")->children == 1);
  }
}

TEST_CASE("a directory removed before its content and made again starts empty") {
  StoreFixture store;
  store.put("/d/a", "1");
  store.put("/d/b", "1");
  store.transact([](Transaction& t) {
    t.begin_event();
    t.append({.family = Family::kDirectory, .action = Action::kDelete, .key = "/d", .tombstone = true});
    for (const char* key : {"/d/a", "/d/b"}) t.append({.action = Action::kDelete, .key = key, .tombstone = true});
    StoreFixture::append_put(t, "/d/c", "1");
  });
  CHECK(store.directory("/d")->children == 1);
  CHECK(store.directory("/d")->created_seq == Seq(7));
  CHECK(store.directory("")->children == 1);
}

}  // namespace viaduct::store
