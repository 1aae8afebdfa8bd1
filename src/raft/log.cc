#include "raft/log.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace viaduct::raft {
namespace {

constexpr uint64_t kEntryOverheadBytes = 64;  // so that a flood of empty entries has a bound as well

}  // namespace

uint64_t size_of(const Entry& entry) { return kEntryOverheadBytes + entry.data.size(); }

Log::Log(EntryId base, Index applied, uint64_t cache_bytes)
    : base_(base),
      last_(base.index),
      commit_(applied),
      applied_(applied),
      evicted_(base.index),
      cache_bytes_(cache_bytes) {
  assert(base.index <= applied);
}

void Log::restore(Entry entry) { append(std::make_shared<const Entry>(std::move(entry))); }

EntryId Log::last() const { return {last_, last_ == base_.index ? base_.term : runs_.back().term}; }

EntryId Log::committed() const { return {commit_, term(commit_).value()}; }

Result<Term> Log::term(Index index) const {
  if (index < base_.index) return Error{Code::kCompacted, {}};
  if (index > last_) return Error{Code::kNotFound, {}};
  if (index == base_.index) return base_.term;
  return run_of(index)->term;
}

bool Log::has(EntryId id) const {
  const Result<Term> known = term(id.index);
  return known && *known == id.term;
}

bool Log::is_up_to_date(EntryId candidate_last) const {
  const EntryId mine = last();
  return candidate_last.term > mine.term || (candidate_last.term == mine.term && candidate_last.index >= mine.index);
}

EntryId Log::last_at_most(EntryId bound) const {
  Index index = std::min(bound.index, last_);
  while (index > base_.index) {
    const auto run = run_of(index);
    if (run->term <= bound.term) return {index, run->term};
    index = run->first.previous();
  }
  return base_;
}

void Log::append(EntryPtr entry) {
  assert(entry->index == last_.next());
  assert(entry->term >= last().term);
  if (last_ == base_.index || runs_.back().term != entry->term) runs_.push_back({entry->index, entry->term});
  const uint64_t end = end_of(last_) + size_of(*entry);
  last_ = entry->index;
  cache_.push_back({std::move(entry), end});
  evict();
}

Index Log::first_new(std::span<const EntryPtr> entries) const {
  for (const EntryPtr& entry : entries) {
    if (!has({entry->index, entry->term})) return entry->index;
  }
  return last_.next();
}

std::optional<Index> Log::merge(std::span<const EntryPtr> entries) {
  if (entries.empty()) return std::nullopt;
  const Index first = first_new(entries);
  assert(first > commit_);
  const bool replaces = first <= last_;
  const Index sent_first = entries.front()->index;
  assert(sent_first <= last_.next());
  if (first.value - sent_first.value >= entries.size()) return std::nullopt;
  if (replaces) replace_from(first);
  for (const EntryPtr& entry : entries.subspan(first.value - sent_first.value)) append(entry);
  return replaces ? std::optional(first) : std::nullopt;
}

void Log::commit_to(Index index) {
  assert(index <= last_);
  commit_ = std::max(commit_, index);
}

void Log::applied_to(Index index) {
  assert(index >= applied_);
  assert(index <= commit_);
  applied_ = index;
  evict();
}

void Log::compact(Index index) {
  assert(index <= applied_);
  if (index <= base_.index) return;
  rebase({index, term(index).value()});
}

bool Log::install(EntryId base) {
  assert(base.index > applied_);
  const bool stays = has(base);
  if (!stays) {
    assert(base.index > commit_);
    evicted_end_ = end_of(last_);
    cache_.clear();
    runs_.clear();
    last_ = evicted_ = base.index;
  }
  commit_ = std::max(commit_, base.index);
  applied_ = base.index;
  rebase(base);
  return stays;
}

void Log::rebase(EntryId base) {
  base_ = base;
  while (!cache_.empty() && cache_.front().entry->index <= base.index) drop_oldest();
  evicted_ = std::max(evicted_, base.index);
  const auto needed = last_ == base.index ? runs_.cend() : run_of(base.index.next());
  runs_.erase(runs_.cbegin(), needed);
}

const EntryPtr& Log::entry(Index index) const { return cached(index).entry; }

std::vector<EntryPtr> Log::slice(Index after, Index to, uint64_t max_bytes) const {
  std::vector<EntryPtr> entries;
  if (after >= to) return entries;
  const uint64_t limit = end_of(after) + std::min(max_bytes, bytes_between(after, to));
  const auto first = cache_.begin() + static_cast<ptrdiff_t>(after.value - evicted_.value);
  const auto last = cache_.begin() + static_cast<ptrdiff_t>(to.value - evicted_.value);
  const auto fitting = std::upper_bound(first + 1, last, limit, [](uint64_t l, const Cached& c) { return l < c.end; });
  entries.reserve(static_cast<size_t>(fitting - first));
  for (auto it = first; it != fitting; ++it) entries.push_back(it->entry);
  return entries;
}

uint64_t Log::bytes_between(Index after, Index to) const { return end_of(to) - end_of(after); }

std::vector<Log::Run>::const_iterator Log::run_of(Index index) const {
  const auto behind =
      std::upper_bound(runs_.begin(), runs_.end(), index, [](Index i, const Run& run) { return i < run.first; });
  assert(behind != runs_.begin());
  return behind - 1;
}

const Log::Cached& Log::cached(Index index) const {
  assert(is_cached(index));
  return cache_[index.value - evicted_.value - 1];
}

uint64_t Log::end_of(Index index) const { return index == evicted_ ? evicted_end_ : cached(index).end; }

void Log::replace_from(Index index) {
  assert(index > commit_);
  cache_.resize(index.value - evicted_.value - 1);
  while (!runs_.empty() && runs_.back().first >= index) runs_.pop_back();
  last_ = index.previous();
}

void Log::evict() {
  while (!cache_.empty() && cache_.front().entry->index <= applied_ && cache_.back().end - evicted_end_ > cache_bytes_)
    drop_oldest();
}

void Log::drop_oldest() {
  evicted_ = cache_.front().entry->index;
  evicted_end_ = cache_.front().end;
  cache_.pop_front();
}

}  // namespace viaduct::raft
