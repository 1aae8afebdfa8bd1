#include "base/blob.h"

#include <cassert>
#include <cstring>
#include <limits>
#include <new>

namespace viaduct {

Blob::Blob(std::string_view bytes) {
  assert(bytes.size() <= std::numeric_limits<uint32_t>::max());
  void* const memory = ::operator new(sizeof(Head) + bytes.size());
  head_ = new (memory) Head{{1}, static_cast<uint32_t>(bytes.size())};
  if (!bytes.empty()) std::memcpy(static_cast<void*>(head_ + 1), bytes.data(), bytes.size());
}

void Blob::free_head(Head* head) {
  head->~Head();
  ::operator delete(head);
}

}  // namespace viaduct
