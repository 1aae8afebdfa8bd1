// The keys that `key` and `range_end` mean in every v3 request (v3-api.md 2.4): without an end the one key, with one
// zero byte as the end all keys from `key` on, else [key, range_end), which may be empty.
// Borrows both, which must outlive it.
#pragma once

#include <string>
#include <string_view>

namespace viaduct::v3bridge {

class KeyRange {
 public:
  KeyRange(std::string_view key, std::string_view range_end)
      : from_(key), end_(range_end), is_open_(range_end == std::string_view("\0", 1)) {}

  bool is_single() const { return end_.empty(); }
  std::string_view from() const { return from_; }
  // For all but a single key: the first key beyond the range; empty if there is no end.
  std::string_view to() const { return is_open_ ? std::string_view() : end_; }
  // The same for any range, as the end of a scan.
  std::string scan_end() const { return is_single() ? std::string(from_) + '\0' : std::string(to()); }
  bool is_empty() const { return !is_single() && !is_open_ && end_ <= from_; }
  bool contains(std::string_view key) const {
    if (is_single()) return key == from_;
    return key >= from_ && (is_open_ || key < end_);
  }

 private:
  std::string_view from_, end_;
  bool is_open_;
};

}  // namespace viaduct::v3bridge
