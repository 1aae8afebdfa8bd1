#include "bolt/page.h"

#include <cassert>

namespace viaduct::bolt {

void Page::add_child(Bytes key, uint64_t page) {
  assert(kind_ == kBranchPage);
  elements_.push_back({data_.size(), static_cast<uint32_t>(key.size()), 0, 0, page});
  data_ += key;
}

void Page::add_value(Bytes key, Bytes value, uint32_t flags) {
  assert(kind_ == kLeafPage);
  elements_.push_back({data_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size()), flags, 0});
  data_ += key;
  data_ += value;
}

std::string Page::encode(uint64_t id) const {
  std::string page;
  page.reserve(bytes());
  const uint32_t overflow = static_cast<uint32_t>((bytes() - 1) / kPageBytes);
  put_page_header(page, {id, kind_, static_cast<uint16_t>(elements_.size()), overflow});
  for (size_t i = 0; i < elements_.size(); ++i) {
    const Element& element = elements_[i];
    const uint32_t position = static_cast<uint32_t>((elements_.size() - i) * kElementBytes + element.position);
    if (kind_ == kLeafPage) put_le32(page, element.flags);
    put_le32(page, position);
    put_le32(page, element.key_bytes);
    if (kind_ == kLeafPage) put_le32(page, element.value_bytes);
    if (kind_ == kBranchPage) put_le64(page, element.child);
  }
  return page += data_;
}

void Page::clear() {
  elements_.clear();
  data_.clear();
}

}  // namespace viaduct::bolt
