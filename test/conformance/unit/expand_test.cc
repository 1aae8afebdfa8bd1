#include "test/conformance/expand.h"

#include <doctest/doctest.h>

using namespace viaduct::conformance;

TEST_CASE("expressions and escapes become bytes") {
  Variables variables;
  variables.index = 10;
  variables.directory = "/case-7";
  variables.client = "127.0.0.1:1";
  variables.number = 3;
  variables.revision = 20;
  variables.named["L1"] = "99";
  struct Row {
    std::string text;
    std::string expected;
  };
  for (const Row& row : {
           Row{"~/a", "/v2/keys/case-7/a"},
           Row{"a~", "a~"},
           Row{"${keys}${dir}", "/v2/keys/case-7/case-7"},
           Row{"${n}-${n+2}-${n-3}", "10-12-7"},
           Row{"${repeat 3 a b}", "a ba ba b"},
           Row{"${repeat 0 x}", ""},
           Row{"${repeat 2 \\r\\n}", "\r\n\r\n"},
           Row{"${i}@${client}", "3@127.0.0.1:1"},
           Row{"${r}-${r+2}-${r-3}", "20-22-17"},
           Row{"${count 3 k#,}", "k1,k2,k3,"},
           Row{"${L1}", "99"},
           Row{"${unknown}", "${unknown}"},
           Row{"${open", "${open"},
           Row{"\\r\\n\\t\\\\\\x41\\0", std::string("\r\n\t\\A\0", 6)},
           Row{"\\p", "\\p"},
           Row{"end\\", "end\\"},
       }) {
    CAPTURE(row.text);
    CHECK(expand(row.text, variables) == row.expected);
  }
}

TEST_CASE("text with escapes of its own keeps them") {
  Variables variables;
  variables.revision = 20;
  CHECK(expand_expressions(R"(~ key:"\000" revision:${r+1})", variables) == R"(~ key:"\000" revision:21)");
}
