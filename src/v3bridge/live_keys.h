// The live state, for reads that are over within one ReadLock.
// Threads: the caller holds the lock as long as this lives.
#pragma once

#include "v3bridge/key_source.h"

namespace viaduct::v3bridge {

class LiveKeys final : public KeySource {
 public:
  explicit LiveKeys(const store::Store& store) : store_(store), now_(store.numbers()) {}

  void each(const KeyRangeView& range, Revision at, Detail detail, const Visit& visit) override;
  uint64_t count(const KeyRangeView& range, Revision at) override;

  const store::Numbers& now() const { return now_; }
  // It was too much, or not at the head, or not in memory: what was visited is not the whole.
  bool gave_up() const { return gave_up_; }

 private:
  bool fits(const KeyRangeView& range, Detail detail);

  const store::Store& store_;
  const store::Numbers now_;
  size_t steps_ = 0;
  size_t value_bytes_ = 0;
  bool gave_up_ = false;
};

}  // namespace viaduct::v3bridge
