// The keys that a v3 request means by key and range_end: one key, all keys from one on, or [key, end). Any bytes.
#pragma once

#include <string>
#include <string_view>

namespace viaduct::store {

template <typename Text>
struct BasicKeyRange {
  Text key;
  Text end;  // empty: the one key; a single zero byte: no end

  bool is_single() const { return end.empty(); }
  bool is_open() const { return end.size() == 1 && end[0] == '\0'; }
  bool is_empty() const { return !is_single() && !is_open() && end <= key; }
  bool contains(std::string_view name) const {
    return is_single() ? name == key : name >= key && (is_open() || name < end);
  }
  // Where a scan that begins with `key` ends: the first name beyond the range; empty if there is no end.
  std::string scan_end() const {
    if (is_open()) return {};
    return is_single() ? std::string(key) + '\0' : std::string(end);
  }

  bool operator==(const BasicKeyRange&) const = default;
};

using KeyRange = BasicKeyRange<std::string>;
using KeyRangeView = BasicKeyRange<std::string_view>;  // borrows both

}  // namespace viaduct::store
