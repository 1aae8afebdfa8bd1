// One page while it is filled, in order of its keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "bolt/format.h"

namespace viaduct::bolt {

class Page {
 public:
  explicit Page(PageFlag kind) : kind_(kind) {}  // kBranchPage or kLeafPage

  void add_child(Bytes key, uint64_t page);                // branch
  void add_value(Bytes key, Bytes value, uint32_t flags);  // leaf

  size_t count() const { return elements_.size(); }
  size_t bytes() const { return kPageHeaderBytes + elements_.size() * kElementBytes + data_.size(); }
  bool fits(size_t key_and_value_bytes) const { return bytes() + kElementBytes + key_and_value_bytes <= kPageBytes; }
  Bytes first_key() const { return Bytes(data_).substr(0, elements_.front().key_bytes); }

  // Without padding to the page's end.
  std::string encode(uint64_t id) const;
  void clear();

 private:
  struct Element {
    size_t position;  // in data_
    uint32_t key_bytes, value_bytes;
    uint32_t flags;
    uint64_t child;
  };

  const PageFlag kind_;
  std::vector<Element> elements_;
  std::string data_;
};

}  // namespace viaduct::bolt
