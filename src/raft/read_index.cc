#include "raft/read_index.h"

#include <algorithm>
#include <utility>

namespace viaduct::raft {

ReadToken ReadIndex::add(std::optional<Index> index, Round needs) {
  newest_ = newest_.next();
  pending_.push_back({newest_, index, needs});
  return newest_;
}

ReadToken ReadIndex::answer(Index index) {
  newest_ = newest_.next();
  results_.push_back({newest_, index});
  return newest_;
}

void ReadIndex::commit_known(Index commit) {
  for (auto read = pending_.rbegin(); read != pending_.rend() && !read->index; ++read) read->index = commit;
  settle();
}

void ReadIndex::confirmed(Round round) {
  confirmed_ = std::max(confirmed_, round);
  settle();
}

void ReadIndex::fail_all() {
  for (const Read& read : pending_) results_.push_back({read.token, std::nullopt});
  pending_.clear();
}

std::vector<ReadResult> ReadIndex::take_results() { return std::exchange(results_, {}); }

void ReadIndex::settle() {
  while (!pending_.empty() && pending_.front().index && pending_.front().needs <= confirmed_) {
    results_.push_back({pending_.front().token, pending_.front().index});
    pending_.pop_front();
  }
}

}  // namespace viaduct::raft
