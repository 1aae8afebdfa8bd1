#include "v3bridge/pinned_keys.h"

#include <algorithm>
#include <string>
#include <vector>

namespace viaduct::v3bridge {

using store::Family;
using store::NodeView;
using store::Store;

namespace {

constexpr size_t kFirstSliceNodes = 64;  // the visitor may want but a few

}  // namespace

Result<PinnedKeys> PinnedKeys::at(const Store& store, Revision revision) {
  VIADUCT_TRY_ASSIGN(snapshot, store.snapshot(revision));
  return PinnedKeys(store, std::move(snapshot));
}

void PinnedKeys::each(const KeyRangeView& range, Revision at, Detail detail, const Visit& visit) {
  Store::Snapshot* const state = at_revision(at);
  if (!state || range.is_empty()) return;
  const std::string to = range.scan_end();
  std::string from(range.key);
  for (size_t limit = range.is_single() ? 1 : kFirstSliceNodes;; limit = std::min(limit * 4, Store::kSliceNodes)) {
    const std::vector<NodeView> slice = state->slice(Family::kKey, from, to, limit, detail);
    for (const NodeView& node : slice) {
      if (!visit(row_of(node))) return;
    }
    if (slice.size() < limit || range.is_single()) return;
    from = slice.back().key + '\0';
  }
}

uint64_t PinnedKeys::count(const KeyRangeView& range, Revision at) {
  Store::Snapshot* const state = at_revision(at);
  return state && !range.is_empty() ? state->count(Family::kKey, range.key, range.scan_end()) : 0;
}

Store::Snapshot* PinnedKeys::at_revision(Revision revision) {
  if (!revision || revision == snapshot_->revision()) return snapshot_.get();
  std::unique_ptr<Store::Snapshot>& earlier = earlier_[revision];
  if (earlier) return earlier.get();
  Result<std::unique_ptr<Store::Snapshot>> made = store_.snapshot(revision);
  lost_a_revision_ = lost_a_revision_ || !made;
  if (made) earlier = std::move(made).value();
  return earlier.get();
}

V3Error meaning(const Error& error) {
  return error.code == Code::kCompacted ? V3Error::kCompacted : V3Error::kFutureRevision;
}

}  // namespace viaduct::v3bridge
