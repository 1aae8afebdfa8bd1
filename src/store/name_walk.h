// Walks live and dead names of an index as one order.
// Threads: one stay under the store's lock, of either kind.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/key_index.h"

namespace viaduct::store {

class NameWalk {
 public:
  NameWalk(const KeyIndex& index, std::string_view from)
      : live_(index.live().lower_bound(from)),
        live_end_(index.live().end()),
        dead_(index.dead().lower_bound(from)),
        dead_end_(index.dead().end()),
        ahead_(live_) {}

  const Entry* next() {  // null at the end
    if (live_ == live_end_ && dead_ == dead_end_) return nullptr;
    const bool take_live = dead_ == dead_end_ || (live_ != live_end_ && (*live_)->key() < (*dead_)->key());
    if (!take_live) return *dead_++;
    if (++steps_ > kFetchAhead) fetch();
    return *live_++;
  }

 private:
  // Entries lie scattered: a walk that goes on asks the memory for each some steps before it comes there.
  static constexpr int kFetchAhead = 8;

  void fetch() {
    for (; fetched_ < steps_ + kFetchAhead && ahead_ != live_end_; ++fetched_) __builtin_prefetch(*ahead_++);
  }

  KeyIndex::Ordered::const_iterator live_, live_end_, dead_, dead_end_, ahead_;
  int64_t steps_ = 0, fetched_ = 0;
};

}  // namespace viaduct::store
