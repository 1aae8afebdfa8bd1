#include "test/sim/scenarios/past.h"

#include <map>
#include <string>
#include <vector>

#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

// By index: 4: /a, 5: /b, 6: /a again, 7 and 8: /a is gone and /b new by one transaction, 9: the directory /b, 10: it
// is gone. By revision: 2 to 7.
Past past() {
  Log log;
  log.put("/a", "a1").put("/b", "b1", 9).put("/a", "a2").together([](Log& one) { one.erase("/a").put("/b", "b2"); });
  return log.add(directory("/b")).add(without(directory("/b"))).past();
}

std::vector<std::string> names(const std::map<std::string, const KeyState*>& states) {
  std::vector<std::string> names;
  for (const auto& [key, state] : states) names.push_back(key + "=" + state->kv.value());
  return names;
}

using Names = std::vector<std::string>;
const std::string kZero(1, '\0');

}  // namespace

TEST_CASE("a key is known as it was at every revision") {
  const Past known = past();
  CHECK(known.last_revision() == 7);
  CHECK(known.at("/a", 1) == nullptr);
  CHECK(known.at("/c", 7) == nullptr);
  CHECK(known.at("/a", 5) == nullptr);
  CHECK(known.at("/a", 3)->kv.ShortDebugString() ==
        "key: \"/a\" create_revision: 2 mod_revision: 2 version: 1 value: \"a1\"");
  CHECK(known.at("/a", 4)->kv.ShortDebugString() ==
        "key: \"/a\" create_revision: 2 mod_revision: 4 version: 2 value: \"a2\"");
  CHECK(known.at("/b", 4)->kv.lease() == 9);
  CHECK(known.at("/b", 7)->kv.lease() == 0);
  CHECK(known.at("/b", 7)->created_index == 8);
  CHECK(known.at("/b", 7)->modified_index == 8);
}

TEST_CASE("a range is a key, up to an end, or all that follow") {
  const Past known = past();
  CHECK(names(known.range("/a", "", 4)) == Names{"/a=a2"});
  CHECK(names(known.range("/a", "", 5)).empty());
  CHECK(names(known.range("/a", "/b", 4)) == Names{"/a=a2"});
  CHECK(names(known.range("/", end_of_prefix("/"), 3)) == Names{"/a=a1", "/b=b1"});
  CHECK(names(known.range("/a0", kZero, 4)) == Names{"/b=b1"});
  CHECK(names(known.range(kZero, kZero, 5)) == Names{"/b=b2"});
  CHECK(names(known.range("/b", "/a", 4)).empty());
}

TEST_CASE("changes are found by their revision, and revisions by an index") {
  const Past known = past();
  CHECK(known.changes().size() == 5);
  CHECK(known.changes_at(1).empty());
  CHECK(known.changes_at(6).empty());  // a directory's
  REQUIRE(known.changes_at(5).size() == 2);
  CHECK(known.changes_at(5)[0]->key == "/a");
  CHECK(!known.changes_at(5)[0]->after);
  CHECK(known.changes_at(5)[1]->index == 8);
  const std::vector<uint64_t> revisions{1, 2, 3, 4, 5, 5, 6, 7, 7};
  for (size_t i = 0; i < revisions.size(); ++i) CHECK(known.revision_at(3 + i) == revisions[i]);
}

TEST_CASE("v2 sees files at an index, but where a directory is") {
  const Past known = past();
  CHECK(names(known.v2_files("/", 3)).empty());
  CHECK(names(known.v2_files("/", 6)) == Names{"/a=a2", "/b=b1"});
  CHECK(names(known.v2_files("/", 7)) == Names{"/b=b1"});
  CHECK(names(known.v2_files("/b", 8)) == Names{"/b=b2"});
  CHECK(names(known.v2_files("/", 9)).empty());
  CHECK(names(known.v2_files("/", 10)) == Names{"/b=b2"});
}

TEST_CASE("v2 knows canonical paths of a bounded length and depth") {
  const auto deep = [](size_t elements) {
    std::string path;
    for (size_t i = 0; i < elements; ++i) path += "/d";
    return path;
  };
  for (const std::string& path : {std::string("/a"), std::string("/a/b"), std::string("/_a/..b/.c./..."), deep(128),
                                  "/" + std::string(4095, 'a')})
    CHECK_MESSAGE(is_v2_path(path), path);
  for (const std::string& path :
       {std::string(), std::string("a"), std::string("/"), std::string("/a/"), std::string("/a//b"), std::string("//a"),
        std::string("/."), std::string("/.."), std::string("/a/."), std::string("/a/.."), std::string("/a/./b"),
        std::string("/a/../b"), deep(129), "/" + std::string(4096, 'a')})
    CHECK_MESSAGE(!is_v2_path(path), path);
}

}  // namespace viaduct::sim
