// A state that stays readable while the store goes on, in slices.
// Threads: one at a time, and one that may block.
#pragma once

#include <map>
#include <memory>

#include "v3bridge/key_source.h"

namespace viaduct::v3bridge {

class PinnedKeys final : public KeySource {
 public:
  // What `at` 0 means is the revision of `snapshot`.
  PinnedKeys(const store::Store& store, std::unique_ptr<store::Store::Snapshot> snapshot)
      : store_(store), snapshot_(std::move(snapshot)) {}

  void each(const KeyRange& range, Revision at, Detail detail, const Visit& visit) override;

  store::Numbers now() const { return snapshot_->numbers(); }
  // Compaction took an earlier revision that was kept when the snapshot was made: what was visited is not the whole.
  bool lost_a_revision() const { return lost_a_revision_; }

 private:
  store::Store::Snapshot* at_revision(Revision revision);

  const store::Store& store_;
  const std::unique_ptr<store::Store::Snapshot> snapshot_;
  std::map<Revision, std::unique_ptr<store::Store::Snapshot>> earlier_;
  bool lost_a_revision_ = false;
};

}  // namespace viaduct::v3bridge
