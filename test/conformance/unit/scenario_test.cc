#include "test/conformance/scenario.h"

#include <doctest/doctest.h>

using namespace viaduct::conformance;

TEST_CASE("a table plays its case once per combination") {
  const auto scenario = parse_scenario("file",
                                       "for m in GET PUT\n"
                                       "for v in 1 \"\"\n"
                                       "case <m> with <v>\n"
                                       "  <m> ~/a?x=<v>\n");
  REQUIRE(scenario);
  REQUIRE(scenario->cases.size() == 4);
  CHECK(scenario->cases[0].name == "file/GET with 1");
  CHECK(scenario->cases[3].name == "file/PUT with ");
  CHECK(scenario->cases[3].steps[0].method == "PUT");
  CHECK(scenario->cases[3].steps[0].target == "~/a?x=");
}

TEST_CASE("a step is read with its form, expectation and details") {
  const auto scenario = parse_scenario("file",
                                       "servers --cors=x --y\n"
                                       "# a comment\n"
                                       "case one\n"
                                       "  PUT ~/a${repeat 2 b c} value=a b => 400 210\n"
                                       "    header X: y z\n"
                                       "    grep a+\n"
                                       "  gone ~/t 900ms 2500ms\n");
  REQUIRE(scenario);
  CHECK(scenario->server_flags == std::vector<std::string>{"--cors=x", "--y"});
  const Step& put = scenario->cases[0].steps[0];
  CHECK(put.target == "~/a${repeat 2 b c}");
  CHECK(put.form == "value=a b");
  CHECK(put.expected->status == 400);
  CHECK(put.expected->error_code == 210);
  CHECK(put.headers == std::vector<std::string>{"X: y z"});
  CHECK(put.grep == "a+");
  CHECK(scenario->cases[0].steps[1].latest == std::chrono::milliseconds(2500));
}

TEST_CASE("cases over two wires are played once over each") {
  const auto scenario = parse_scenario("file",
                                       "alone\n"
                                       "over grpc gateway\n"
                                       "for v in a b | c\n"
                                       "case <v>\n"
                                       "  rpc KV/Put key:\"<v>\" => NotFound\n"
                                       "    + value:\"x\"\n"
                                       "    is OK\n"
                                       "over grpc\n"
                                       "case last\n"
                                       "  open W Watch/Watch\n"
                                       "    more progress_request{}\n"
                                       "  events W 2\n");
  REQUIRE(scenario);
  CHECK(scenario->alone);
  REQUIRE(scenario->cases.size() == 5);
  CHECK(scenario->cases[1].name == "file/a b over gateway");
  CHECK(scenario->cases[1].wire == Wire::kGateway);
  CHECK(scenario->cases[4].name == "file/last over grpc");
  const Step& put = scenario->cases[2].steps[0];
  CHECK(put.method == "KV/Put");
  CHECK(put.messages == std::vector<std::string>{"key:\"c\" value:\"x\""});
  CHECK(put.expected->grpc_code == "NotFound");
  CHECK(put.answer == "OK");
  CHECK(scenario->cases[4].steps[0].messages == std::vector<std::string>{"", "progress_request{}"});
  CHECK(scenario->cases[4].steps[1].count == 2);
}

TEST_CASE("a line that cannot be read is named") {
  struct Row {
    const char* name;
    const char* text;
    const char* error;
  };
  for (const Row& row : {
           Row{"step before any case", "  GET /x\n", "line 1: a step outside a case"},
           Row{"step after a table", "case a\n  GET /x\nfor v in 1\n  GET /x\n", "line 4: a step outside a case"},
           Row{"unknown directive", "nonsense\n", "line 1: expected servers, members, alone, over, for or case"},
           Row{"unknown step", "case a\n  dance ~/x\n", "line 2: unknown step"},
           Row{"no target", "case a\n  GET\n", "line 2: a request needs a target"},
           Row{"no values", "for v in\n", "line 1: expected: for NAME in VALUE..."},
           Row{"expectation", "case a\n  GET /x => soon\n", "line 2: after =>"},
           Row{"time", "case a\n  sleep 5s\n", "line 2: sleep needs milliseconds"},
           Row{"watch name", "case a\n  event\n", "line 2: the name of a watch is missing"},
           Row{"watch name of until", "case a\n  until\n", "line 2: the name of a watch is missing"},
           Row{"detail", "case a\n  GET /x\n    colour red\n", "line 3: that is nothing to say"},
           Row{"wire", "over pigeon\n", "line 1: the ways to the v3 API"},
           Row{"method", "case a\n  rpc Range\n", "line 2: a call needs a Service/Method"},
           Row{"number of events", "case a\n  events W\n", "line 2: events needs"},
           Row{"times", "case a\n  rpc KV/Put\n    times many\n", "line 3: times needs a number"},
           Row{"time limit", "case a\n  rpc KV/Put\n    timeout soon\n", "line 3: timeout needs milliseconds"},
           Row{"no steps", "case a\ncase b\n  GET /x\n", "line 1: a case without steps"},
           Row{"same name twice", "case a\n  GET /x\ncase a\n  GET /x\n", "two cases are called file/a"},
       }) {
    CAPTURE(row.name);
    const auto scenario = parse_scenario("file", row.text);
    REQUIRE(!scenario);
    CHECK(scenario.error().message.starts_with(row.error));
  }
}
