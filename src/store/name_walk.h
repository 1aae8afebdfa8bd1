// Walks live and dead names of an index as one order.
// Threads: one stay under the store's lock, of either kind.
#pragma once

#include <string_view>

#include "store/key_index.h"

namespace viaduct::store {

class NameWalk {
 public:
  NameWalk(const KeyIndex& index, std::string_view from)
      : live_(index.live().lower_bound(from)),
        live_end_(index.live().end()),
        dead_(index.dead().lower_bound(from)),
        dead_end_(index.dead().end()) {}

  const Entry* next() {  // null at the end
    if (live_ == live_end_ && dead_ == dead_end_) return nullptr;
    const bool take_live = dead_ == dead_end_ || (live_ != live_end_ && (*live_)->key() < (*dead_)->key());
    return take_live ? *live_++ : *dead_++;
  }

 private:
  KeyIndex::Ordered::const_iterator live_, live_end_, dead_, dead_end_;
};

}  // namespace viaduct::store
