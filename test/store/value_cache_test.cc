#include "store/value_cache.h"

#include <doctest/doctest.h>

#include "test/store/store_fixture.h"

namespace viaduct::store {

TEST_CASE("values stay in memory up to the bound, and every value is still read") {
  constexpr uint64_t kLimit = 5'000;
  StoreFixture store(kLimit, 0);
  const std::string value(84, 'v');  // 100 bytes with what a value costs
  for (int i = 0; i < 200; ++i) {
    store.put("/k" + std::to_string(i), value + std::to_string(i));
    CHECK(store->sizes().cached_value_bytes <= kLimit);
  }
  CHECK(store->sizes().cached_value_bytes > kLimit - 200);
  for (int opens = 0; opens < 2; ++opens, store.reopen()) {
    size_t in_memory = 0;
    for (int i = 0; i < 200; ++i) {
      const std::string key = "/k" + std::to_string(i);
      in_memory += bool(store.key(key)->value);
      CHECK(store.value(key) == value + std::to_string(i));
    }
    CHECK(in_memory >= 45);
    CHECK(in_memory <= 51);
  }
}

TEST_CASE("the count of cached bytes follows every change of a key") {
  StoreFixture store;
  CHECK(store->sizes().cached_value_bytes == 0);
  store.put("/a", std::string(100, 'x'));
  CHECK(store->sizes().cached_value_bytes == 116);
  store.put("/a", "");
  CHECK(store->sizes().cached_value_bytes == 16);
  store.put("/b/c", "12");
  CHECK(store->sizes().cached_value_bytes == 34);
  store.remove("/a");
  CHECK(store->sizes().cached_value_bytes == 18);
  store.reopen();
  CHECK(store->sizes().cached_value_bytes == 18);
  store.remove("/b/c");
  CHECK(store->sizes().cached_value_bytes == 0);
}

TEST_CASE("a value that readers use outlives those they do not") {
  StoreFixture store(1'000, 0);
  const std::string value(84, 'v');
  store.put("/used", value);
  for (int i = 0; i < 300; ++i) {
    CHECK(store.key("/used")->value);
    store.put("/unused" + std::to_string(i), value);
  }
}

TEST_CASE("a value that a reader fetched is back in memory with the next group, if it is still current") {
  StoreFixture store(300, 0);
  const std::string value(84, 'v');
  for (int i = 0; i < 10; ++i) store.put("/k" + std::to_string(i), value);
  store.reopen();  // holds the first three
  REQUIRE_FALSE(store.key("/k7")->value);
  REQUIRE_FALSE(store.key("/k8")->value);
  CHECK(store.value("/k7") == value);
  CHECK(store.value("/k8") == value);
  store.put("/k8", "new");
  store.transact([](Transaction&) {});
  CHECK(store.key("/k7")->value.view() == value);
  CHECK(store.value("/k8") == "new");
  CHECK(store->sizes().cached_value_bytes <= 300);
}

TEST_CASE("a value stays in memory until its group is written") {
  StoreFixture store(0, 0);
  store->begin_group();
  {
    Transaction t = store->begin(store.stamp, "");
    StoreFixture::append_put(t, "/a", "1");
  }
  CHECK(store.key("/a")->value.view() == "1");
  store.commit();
  CHECK_FALSE(store.key("/a")->value);
  CHECK(store.value("/a") == "1");
  store.transact([](Transaction& t) { CHECK(t.value(*t.key("/a")).view() == "1"); });
}

}  // namespace viaduct::store
