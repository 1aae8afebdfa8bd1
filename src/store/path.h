// Names as both APIs see them (bridge.md P1, P2): pure functions on paths without the v2 root.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace viaduct::store {

// Constants of the format, not flags.
inline constexpr size_t kMaxPathBytes = 4096;
inline constexpr size_t kMaxPathElements = 128;

// True for "/a", "/a/b": begins with a slash, no empty, "." or ".." element, no trailing slash, within both limits.
// The root ("" here, "/" to users) is a directory, never a key.
bool is_canonical_path(std::string_view path);

// "/a/b" -> "/a", "/a" -> "" (the root).
std::string_view parent_path(std::string_view path);

// "/a/b" -> "b".
std::string_view last_element(std::string_view path);

// True if `path` lies strictly below `directory`; whole elements.
bool is_below(std::string_view path, std::string_view directory);

// True if any element of `path` strictly below `directory` begins with an underscore (P4).
bool is_hidden_below(std::string_view path, std::string_view directory);

}  // namespace viaduct::store
