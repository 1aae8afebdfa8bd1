#include "server/checkpoints.h"

#include <algorithm>

namespace viaduct::server {
void Checkpoints::keep(Index index, uint64_t chain) {
  const std::lock_guard lock(mutex_);
  own_[index] = chain;
  if (own_.size() > kKept) own_.erase(own_.begin());
}

std::optional<peer::Checkpoint> Checkpoints::newest() const {
  const std::lock_guard lock(mutex_);
  if (own_.empty()) return std::nullopt;
  return peer::Checkpoint{own_.rbegin()->first, own_.rbegin()->second};
}

std::optional<uint64_t> Checkpoints::find(Index index) const {
  const std::lock_guard lock(mutex_);
  const auto found = own_.find(index);
  return found == own_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<MemberId> Checkpoints::compare(MemberId self, MemberId from, const peer::Checkpoint& theirs,
                                           size_t voters) {
  const std::optional<uint64_t> ours = find(theirs.index);
  if (!ours) return {};
  if (*ours == theirs.chain) {
    agreed_[from] = theirs.index;
    differs_.erase(from);
  } else {
    differs_.try_emplace(from, theirs.index);
  }
  if (differs_.empty()) return {};
  if (differs_.size() > voters / 2) return {self};

  Index since = differs_.begin()->second;
  for (const auto& [member, index] : differs_) since = std::min(since, index);
  size_t on_our_side = 1;
  for (const auto& [member, index] : agreed_) on_our_side += !differs_.contains(member) && index >= since;
  std::vector<MemberId> wrong;
  if (on_our_side > voters / 2) {
    for (const auto& [member, index] : differs_) wrong.push_back(member);
  } else if (on_our_side + differs_.size() >= voters) {
    wrong.emplace_back();
  }
  return wrong;
}

void Checkpoints::forget_others() {
  agreed_.clear();
  differs_.clear();
}

}  // namespace viaduct::server
