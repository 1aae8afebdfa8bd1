// The keys that a v3 request means by key and range_end: one key, all keys from one on, or [key, end). Any bytes.
#pragma once

#include <string>
#include <string_view>

namespace viaduct::store {

struct KeyRange {
  std::string key;
  std::string end;  // empty: the one key; a single zero byte: no end

  bool is_single() const { return end.empty(); }
  bool is_open() const { return end.size() == 1 && end[0] == '\0'; }
  bool is_empty() const { return !is_single() && !is_open() && end <= key; }
  bool contains(std::string_view name) const {
    return is_single() ? name == key : name >= key && (is_open() || name < end);
  }

  bool operator==(const KeyRange&) const = default;
};

}  // namespace viaduct::store
