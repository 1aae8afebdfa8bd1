// The replicated log as this member knows it: which term each index has, how far it is committed and applied, and the
// newest entries themselves. Terms are kept as runs, so that any kept index can be checked without its entry; entries
// are cached up to a number of bytes, and older ones are the caller's to read from its durable log.
//
// Invariant: base <= applied <= commit <= last (INV-R6). What is not applied is always in the cache; what is
//            committed is never replaced (INV-R4).
// Ownership: shares each entry with whoever was handed it (base/entry.h).
// Errors:    a lookup below the first index is kCompacted, above the last kNotFound; neither has a term (RB-39).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/entry.h"
#include "base/ids.h"
#include "base/result.h"
#include "raft/message.h"

namespace viaduct::raft {

class Log {
 public:
  // An empty log behind `base`, which stands for everything up to its index: 0 for a new member. The state holds all up
  // to `applied`; entries from base.index + 1 to at least there must follow through restore().
  Log(EntryId base, Index applied, uint64_t cache_bytes);

  void restore(Entry entry);  // the next entry read back at start, durable already

  EntryId base() const { return base_; }  // compacted up to here
  Index first_index() const { return base_.index.next(); }
  Index last_index() const { return last_; }
  EntryId last() const;
  Index commit() const { return commit_; }
  EntryId committed() const;  // the entry at commit()
  Index applied() const { return applied_; }

  Result<Term> term(Index index) const;  // base().index counts as known
  bool has(EntryId id) const;            // is this very entry in the log, or the base of it?

  // Figure 2, RequestVote 2 (section 5.4.1): is a log that ends in `last` at least as complete as this one?
  bool is_up_to_date(EntryId candidate_last) const;

  // The last entry at or before bound.index with a term at or below bound.term; the base when there is none. What both
  // sides of a rejected append skip by, a whole term at a time (section 5.3, last but one paragraph).
  EntryId last_at_most(EntryId bound) const;

  void append(EntryPtr entry);  // at last_index() + 1
  // The first of these successive entries that is not in the log, or last_index() + 1. The entry before them is.
  Index first_new(std::span<const EntryPtr> entries) const;
  // Figure 2, AppendEntries 3 and 4: adds what is new, from first_new() on, which is behind the commit index. Returns
  // the index from which entries were replaced, if any.
  std::optional<Index> merge(std::span<const EntryPtr> entries);

  void commit_to(Index index);  // rises only
  void applied_to(Index index);
  void compact(Index index);  // drops terms and entries up to `index`, which is applied
  // A snapshot takes the place of all up to `base`; entries behind it stay only if the log has `base` itself
  // (section 7, InstallSnapshot 6 and 7). Returns whether they stayed.
  bool install(EntryId base);

  bool is_cached(Index index) const { return index > evicted_ && index <= last_; }
  const EntryPtr& entry(Index index) const;  // is_cached(index)
  // The cached entries after `after` up to `to`, as many as fit in `max_bytes` but at least one.
  std::vector<EntryPtr> slice(Index after, Index to, uint64_t max_bytes) const;
  uint64_t bytes_between(Index after, Index to) const;  // size of the cached entries after `after` up to `to`

 private:
  struct Run {  // entries from `first` on have `term`, up to the next run
    Index first;
    Term term;
  };
  struct Cached {
    EntryPtr entry;
    uint64_t end;  // bytes of all entries ever cached up to this one, so that any span's size is one subtraction
  };

  std::vector<Run>::const_iterator run_of(Index index) const;  // of an index in (base, last]
  const Cached& cached(Index index) const;
  uint64_t end_of(Index index) const;  // Cached::end, of the entry evicted last as well
  void replace_from(Index index);
  void rebase(EntryId base);
  void evict();
  void drop_oldest();

  EntryId base_;
  Index last_;
  Index commit_;
  Index applied_;
  std::vector<Run> runs_;     // ascending in both; covers (base, last]
  Index evicted_;             // the cache holds (evicted_, last_]
  uint64_t evicted_end_ = 0;  // Cached::end of the entry evicted last
  std::deque<Cached> cache_;
  uint64_t cache_bytes_;
};

// What one entry counts for against every limit in bytes: its data and what keeping it costs besides.
uint64_t size_of(const Entry& entry);

}  // namespace viaduct::raft
