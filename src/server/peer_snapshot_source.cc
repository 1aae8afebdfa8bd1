#include "server/peer_snapshot_source.h"

#include <algorithm>
#include <utility>

namespace viaduct::server {

PeerSnapshotSource::PeerSnapshotSource(const store::Store& store, ClusterId cluster, peer::SnapshotName name)
    : copy_(store.copy()), name_(name) {
  const store::AppliedState& applied = copy_->applied();
  name_.index = applied.index;
  name_.term = applied.term;
  frame_ = encoder_.header({.cluster = cluster,
                            .index = applied.index,
                            .term = applied.term,
                            .chain = applied.chain,
                            .seq = copy_->numbers().seq,
                            .revision = copy_->numbers().revision});
}

PeerSnapshotSource::~PeerSnapshotSource() = default;

Result<std::string> PeerSnapshotSource::next() {
  if (handed_out_ == frame_.size()) {
    frame_ = next_frame();
    handed_out_ = 0;
  }
  if (handed_out_ == 0 && frame_.size() <= peer::kSnapshotChunkBytes) return std::exchange(frame_, std::string());
  std::string chunk = frame_.substr(handed_out_, peer::kSnapshotChunkBytes);
  handed_out_ += chunk.size();
  return chunk;
}

// Empty behind the footer.
std::string PeerSnapshotSource::next_frame() {
  if (!copy_) return {};
  const std::vector<store::Copy::Row> rows = copy_->next_rows();
  if (rows.empty()) {
    copy_.reset();
    return encoder_.footer();
  }
  std::string body;
  for (const store::Copy::Row& row : rows) encoder_.add(body, row.key, row.value);
  return encoder_.rows(body);
}

}  // namespace viaduct::server
