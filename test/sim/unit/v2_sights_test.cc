#include "test/sim/scenarios/v2_sights.h"

#include <map>
#include <string>
#include <vector>

#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

using cluster_test::Violations;

// By index: 4: /d/x, 5: /d/_h, 6: /d/x again, 7 and 8: /d/y and /dx by one transaction, 9: the directory /s, 10: what
// is shadowed by it, 11: /d/x is gone, 12: "no path".
Past past() {
  Log log;
  log.put("/d/x", "x1").put("/d/_h", "h1").put("/d/x", "x2").together([](Log& one) {
    one.put("/d/y", "y1").put("/dx", "dx1");
  });
  log.add(directory("/s")).put("/s", "s1").erase("/d/x").put("no path", "v");
  return log.past();
}

const V2File kX4{"x1", 4, 4}, kX6{"x2", 6, 6}, kY7{"y1", 7, 7}, kDx8{"dx1", 8, 8}, kS10{"s1", 10, 10};

}  // namespace

TEST_CASE("a look at a directory shows all of its files, as they were at the index of the answer") {
  struct Case {
    const char* name;
    const char* rule;  // of the first violation; empty: there is none
    std::string directory;
    uint64_t index, revision;
    std::map<std::string, V2File> files;
    bool is_sorted = true;
  };
  const Past known = past();
  for (const Case& c : std::vector<Case>{
           {"one file", "", "/d", 4, 2, {{"/d/x", kX4}}},
           {"without the hidden one", "", "/d", 5, 3, {{"/d/x", kX4}}},
           {"as it is later", "", "/d", 6, 4, {{"/d/x", kX6}}},
           {"two files", "", "/d", 8, 5, {{"/d/x", kX6}, {"/d/y", kY7}}},
           {"in the middle of a transaction", "", "/", 7, 5, {{"/d/x", kX6}, {"/d/y", kY7}}},
           {"all files", "", "/", 8, 5, {{"/d/x", kX6}, {"/d/y", kY7}, {"/dx", kDx8}}},
           {"without the shadowed one", "", "/", 10, 7, {{"/d/x", kX6}, {"/d/y", kY7}, {"/dx", kDx8}}},
           {"without the removed one, and what is no path", "", "/", 12, 9, {{"/d/y", kY7}, {"/dx", kDx8}}},
           {"a file", "", "/dx", 8, 5, {{"/dx", kDx8}}},
           {"a directory that is not there", "", "/e", 8, 5, {}},
           {"before anything was written", "", "/", 3, 1, {}},
           {"a file too few", "INV-L6", "/d", 8, 5, {{"/d/x", kX6}}},
           {"a file too many", "INV-L6", "/d", 6, 4, {{"/d/x", kX6}, {"/d/y", kY7}}},
           {"none of its files", "INV-L6", "/d", 4, 2, {}},
           {"a hidden file", "INV-L6", "/d", 5, 3, {{"/d/_h", {"h1", 5, 5}}, {"/d/x", kX4}}},
           {"a shadowed file", "INV-L6", "/s", 10, 7, {{"/s", kS10}}},
           {"a removed file", "INV-L6", "/d", 11, 8, {{"/d/x", kX6}, {"/d/y", kY7}}},
           {"a file of a directory with a longer name",
            "INV-L6",
            "/d",
            8,
            5,
            {{"/d/x", kX6}, {"/d/y", kY7}, {"/dx", kDx8}}},
           {"an old value", "INV-L6", "/d", 6, 4, {{"/d/x", kX4}}},
           {"another value", "INV-L6", "/d", 6, 4, {{"/d/x", {"x1", 6, 6}}}},
           {"another index of creation", "INV-L6", "/d", 6, 4, {{"/d/x", {"x2", 4, 6}}}},
           {"in no order", "INV-L6", "/d", 8, 5, {{"/d/x", kX6}, {"/d/y", kY7}}, false},
           {"another revision than goes with the index", "INV-L7", "/d", 6, 3, {{"/d/x", kX6}}},
       }) {
    CAPTURE(c.name);
    Violations violations;
    V2Sight sight{{}, c.directory, c.index, c.files, c.is_sorted};
    sight.operation.position = c.revision;
    check_v2_sight(sight, known, violations);
    check_first(violations, c.rule);
  }
}

}  // namespace viaduct::sim
