// A scenario file, read: the cases to play and the steps of each. README.md beside this file describes the format.
// Tables (`for`) are unrolled here, so every Case is one named, counted case.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace viaduct::conformance {

enum class Action {
  kRequest,   // one request, its reply compared
  kParallel,  // `count` requests at once, their replies compared as a set
  kRaw,       // bytes as given; `count` replies, then whether the connection still serves
  kWatch,     // a request that stays open under `name`; its head is compared
  kEvent,     // the next line that the watch `name` delivers
  kUntil,     // events of the watch `name` are dropped until one contains `grep`
  kResult,    // the rest of the watch's reply, which must end
  kSilent,    // nothing arrives on the watch `name` for a while
  kHangUp,    // closes the watch `name` from our side
  kGone,      // polls a key until it is gone, which must happen between `earliest` and `latest`
  kStats,     // how /v2/stats/store moved since the case's previous `stats`
  kRestart,   // kill -9 and a new start on the same data
  kSleep,     // waits `latest`
};

// What the author says etcd answers. Guards the scenario itself against typing errors.
struct Expectation {
  int status = 0;
  int error_code = 0;  // 0: any
};

struct Step {
  Action action = Action::kRequest;
  int line = 0;
  std::string text;  // as written, for reports
  std::string name;  // of a watch
  int count = 1;
  std::string method;
  std::string target;
  std::vector<std::string> headers;  // whole lines, without CRLF
  std::optional<std::string> form;
  std::optional<std::string> body;
  std::string raw;
  std::string grep;  // when set, only what this regular expression finds in the body is compared; of `until`: the text
  std::chrono::milliseconds earliest{0};
  std::chrono::milliseconds latest{0};
  std::optional<Expectation> expected;
};

struct Case {
  std::string name;  // "file/title", unique
  std::vector<Step> steps;
};

struct Scenario {
  std::string name;  // the file's name without directory and extension
  std::vector<std::string> server_flags;
  std::vector<Case> cases;
};

// The error names the line that could not be read.
Result<Scenario> parse_scenario(const std::string& name, std::string_view text);

}  // namespace viaduct::conformance
