// Turns what a scenario line says into the bytes to send: `${...}` expressions and backslash escapes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace viaduct::conformance {

// What the expressions stand for; different for each server and case.
struct Variables {
  uint64_t index = 0;                        // ${n}: the store index when the case began
  std::string directory;                     // ${dir}: the case's own directory, such as "/case-7"
  std::string client;                        // ${client}: host:port that serves clients
  std::string peer;                          // ${peer}: host:port that serves peers
  std::string member;                        // ${member}: the member's id
  int number = 0;                            // ${i}: which of the parallel requests
  int64_t revision = 0;                      // ${r}: the v3 store's revision when the case began
  std::map<std::string, std::string> named;  // further names, such as ${L1} for the first lease that the server named
};

// Escapes are \r \n \t \0 \\ and \xHH. Expressions are ${n}, ${n+K}, ${n-K}, the same with r, ${keys} (the URL path of
// the case's directory, for which a leading ~ also stands), ${repeat K TEXT}, ${count K TEXT} (where each # becomes the
// number of the round) and the names above; unknown ones stay as they are.
std::string expand(std::string_view text, const Variables& variables);

// The expressions alone: for text with escapes of its own.
std::string expand_expressions(std::string_view text, const Variables& variables);

// Whether the text refers to the case's own directory.
bool names_directory(std::string_view text);

}  // namespace viaduct::conformance
