// Keeps the bytes of current values in memory within a bound: the clock algorithm (second chance) over the keys in byte
// order. A value goes only after LevelDB has it.
// Threads: changed under the store's write lock, except for offer(), which any thread may call.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/blob.h"
#include "base/ids.h"
#include "store/key_index.h"

namespace viaduct::store {

class ValueCache {
 public:
  explicit ValueCache(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void added(const Blob& value);  // null values count nothing
  void removed(const Blob& value);
  uint64_t bytes() const { return bytes_; }
  bool is_full() const { return bytes_ >= limit_bytes_; }

  // A value that a reader had to fetch: admit() puts it back into memory if it is still the current one. Offers beyond
  // a few hundred, or a few megabytes, between two admit() are forgotten.
  void offer(const Record& record);
  void admit(KeyIndex& keys);

  // Drops values that no reader used since the hand came by last, until the bound is met or the walk, which is
  // proportional to what was added since the last call, ends. Values newer than `written` stay.
  void evict(KeyIndex& keys, Seq written);

 private:
  const uint64_t limit_bytes_;
  uint64_t bytes_ = 0;
  uint64_t added_ = 0;  // values since the last evict()
  std::string hand_;    // the name to look at next

  std::mutex offers_mutex_;
  std::vector<Record> offers_;
  uint64_t offered_bytes_ = 0;
};

}  // namespace viaduct::store
