// A state that stays readable while the store goes on, in slices.
// Threads: one at a time, and one that may block.
#pragma once

#include <map>
#include <memory>

#include "v3bridge/key_source.h"
#include "v3bridge/outcome.h"

namespace viaduct::v3bridge {

class PinnedKeys final : public KeySource {
 public:
  // `revision`, 0 for the head, is then what each() takes for now. kCompacted, kFutureRevision.
  static Result<PinnedKeys> at(const store::Store& store, Revision revision);

  void each(const KeyRangeView& range, Revision at, Detail detail, const Visit& visit) override;
  uint64_t count(const KeyRangeView& range, Revision at) override;

  store::Numbers now() const { return snapshot_->numbers(); }  // when it was made
  // Compaction took an earlier revision that was kept when the snapshot was made: what was visited is not the whole.
  bool lost_a_revision() const { return lost_a_revision_; }

 private:
  PinnedKeys(const store::Store& store, std::unique_ptr<store::Store::Snapshot> snapshot)
      : store_(store), snapshot_(std::move(snapshot)) {}
  store::Store::Snapshot* at_revision(Revision revision);

  const store::Store& store_;
  std::unique_ptr<store::Store::Snapshot> snapshot_;
  std::map<Revision, std::unique_ptr<store::Store::Snapshot>> earlier_;
  bool lost_a_revision_ = false;
};

// What an error of at() is in the words of the API.
V3Error meaning(const Error& error);

}  // namespace viaduct::v3bridge
