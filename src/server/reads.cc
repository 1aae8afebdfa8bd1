#include "server/reads.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/mark.h"

namespace viaduct::server {

void Reads::add(std::vector<CompletionPtr> reads, std::chrono::nanoseconds deadline) {
  batches_.push_back({std::move(reads), deadline, {}, std::nullopt, std::nullopt});
}

size_t Reads::waiting() const {
  size_t count = 0;
  for (const Batch& batch : batches_) count += batch.reads.size();
  return count;
}

std::vector<Reads::Batch*> Reads::to_ask(MemberId leader, Term term, std::chrono::nanoseconds now) {
  std::vector<Batch*> due;
  for (Batch& batch : batches_) {
    if (batch.index) continue;
    const bool stands = batch.asked && batch.asked->leader == leader && batch.asked->term == term;
    if (!stands || now - batch.asked_at >= kAskAgainAfter) due.push_back(&batch);
  }
  return due;
}

void Reads::answered(MemberId leader, uint64_t token, std::optional<Index> index) {
  const auto found = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& batch) {
    return batch.asked && batch.asked->leader == leader && batch.asked->token == token;
  });
  if (found == batches_.end()) return;
  found->index = index;
  if (index) return;
  VIADUCT_MARK("node: a read found no leader");
  found->asked.reset();
}

std::vector<Reads::Ready> Reads::ready(Index commit) {
  std::vector<Ready> ready;
  for (auto batch = batches_.begin(); batch != batches_.end();) {
    if (!batch->index || *batch->index > commit) {
      ++batch;
      continue;
    }
    ready.push_back({*batch->index, std::move(batch->reads)});
    batch = batches_.erase(batch);
  }
  return ready;
}

std::vector<Reads::CompletionPtr> Reads::overdue(std::chrono::nanoseconds now) {
  std::vector<CompletionPtr> late;
  while (!batches_.empty() && batches_.front().deadline <= now) {
    std::move(batches_.front().reads.begin(), batches_.front().reads.end(), std::back_inserter(late));
    batches_.pop_front();
  }
  return late;
}

std::vector<Reads::CompletionPtr> Reads::all() { return overdue(std::chrono::nanoseconds::max()); }

}  // namespace viaduct::server
