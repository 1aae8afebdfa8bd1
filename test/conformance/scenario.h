// A scenario file, read: the cases to play and the steps of each. README.md beside this file describes the format.
// Tables (`for`) are unrolled here, so every Case is one named, counted case.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "test/conformance/step.h"

namespace viaduct::conformance {

enum class Wire { kGrpc, kGateway, kWebSocket };  // the ways to the v3 API

struct Case {
  std::string name;          // "file/title", unique
  std::optional<Wire> wire;  // of its v3 steps
  std::vector<Step> steps;
};

struct Scenario {
  std::string name;  // the file's name without directory and extension
  std::vector<std::string> server_flags;
  int members = 1;     // of each server's cluster
  bool alone = false;  // there is no oracle: the answers are in the file
  std::vector<Case> cases;
};

// The error names the line that could not be read.
Result<Scenario> parse_scenario(const std::string& name, std::string_view text);

}  // namespace viaduct::conformance
