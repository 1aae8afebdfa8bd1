// Keeps, while it lives, the records that a read at `seq` needs: compaction deals with nothing above it.
// Threads: made under the store's read lock, with a seq at or above the compaction point of then; ends on any thread.
#pragma once

#include <mutex>
#include <set>

#include "store/store_impl.h"

namespace viaduct::store {

class Pin {
 public:
  Pin(const Store::Impl& impl, Seq seq) : impl_(impl) {
    const std::lock_guard guard(impl_.pins_mutex);
    at_ = impl_.pins.insert(seq);
  }
  ~Pin() {
    const std::lock_guard guard(impl_.pins_mutex);
    impl_.pins.erase(at_);
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  const Store::Impl& impl_;
  std::multiset<Seq>::iterator at_;
};

}  // namespace viaduct::store
