#include "raft/durability.h"

#include <algorithm>
#include <cassert>

namespace viaduct::raft {

Durability::Durability(Index last, TermAndVote hard)
    : durable_(last), handed_out_(last), hard_(hard), hard_handed_out_(hard) {}

WriteSequence Durability::hand_out(Index last, TermAndVote hard) {
  sequence_ = sequence_.next();
  if (last == handed_out_ && hard == hard_handed_out_) return sequence_;  // writes nothing
  assert(last >= handed_out_);
  handed_out_ = last;
  hard_handed_out_ = hard;
  writes_.push_back({sequence_, last, hard});
  return sequence_;
}

void Durability::replaced_from(Index index) {
  const Index kept = index.previous();
  durable_ = std::min(durable_, kept);
  handed_out_ = std::min(handed_out_, kept);
  for (Write& write : writes_) write.last = std::min(write.last, kept);
}

void Durability::installed(Index snapshot) {
  durable_ = std::max(durable_, snapshot);
  handed_out_ = std::max(handed_out_, snapshot);
}

void Durability::persisted(WriteSequence sequence) {
  assert(sequence <= sequence_);
  while (!writes_.empty() && writes_.front().sequence <= sequence) {
    durable_ = std::max(durable_, writes_.front().last);
    hard_ = writes_.front().hard;
    writes_.pop_front();
  }
}

}  // namespace viaduct::raft
