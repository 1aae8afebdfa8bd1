// The durable log of one member: raft's entries, its hard state, and the mark up to which the store needs no replay, in
// a directory of preallocated segments. docs/formats.md has the bytes; tail.h judges what a crash left of them.
// Promise:   once sync() succeeds, every earlier append() survives a power cut; before that, none needs to. What open()
//            accepts is a prefix of what was appended and holds all that was ever synced.
// Invariant: segments are contiguous, only the newest is written, and at most one frame is not yet synced.
// Ownership: borrows `disk` and `random`, which must outlive this; owns everything in `directory`.
// Threads:   confined to one thread, but for prepare_spare(), which any thread may call.
// Errors:    kTooLarge and kNoSpace leave the log whole and usable. After any other error of a call that writes, the
//            log refuses every further call (CC-4): the caller acknowledges nothing more and stops the process.
//            From open() and read(), kCorrupt is loss (CC-6), with file and offset; kInvalidArgument is a log of
//            another member or format.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/entry.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "wal/ballot.h"
#include "wal/entry_map.h"
#include "wal/frame_builder.h"
#include "wal/log_state.h"
#include "wal/recovery.h"
#include "wal/spare.h"
#include "wal/types.h"

namespace viaduct::wal {

class Wal {
 public:
  struct Opened;

  // A log without entries, in a directory that is made when missing. kAlreadyExists when it holds a log.
  static Result<std::unique_ptr<Wal>> create(Disk& disk, std::string directory, const Options& options, Random& random);

  // Verifies every kept frame, cuts an unfinished tail, and makes what is left durable anew (CC-5); a ballot that is
  // ahead counts. kNotFound when there is no log.
  static Result<Opened> open(Disk& disk, std::string directory, const Options& options, Random& random);

  // Writes what raft wants durable: entries that go on from last_index() or replace uncommitted ones, and the hard
  // state if it changed. kTooLarge when an entry is beyond max_entry_bytes(): nothing was written. kNoSpace when no
  // next segment can be had: last_index() tells how far it came.
  Result<void> append(std::span<const EntryPtr> entries, const std::optional<HardState>& hard_state);

  // One fdatasync; none when nothing was appended since the last.
  Result<void> sync();

  // Names the synced end, itself unsynced, which proves to recovery that the frame before it was no unfinished write
  // (CC-3). For when no append waits after a sync(); the next append replaces it.
  Result<void> write_end_mark();

  // Records, synced, that the store is durable up to `mark`. A mark beyond last_index(), or at an entry of another
  // term, replaces the log: it then goes on after the mark (an installed snapshot).
  Result<void> mark(const Mark& mark, const std::optional<HardState>& hard_state = std::nullopt);

  // Removes the segments that hold only entries up to `up_to`, which must not be above the mark; the caller decides
  // what to keep beyond that (RF-8).
  Result<void> cut(Index up_to);

  // Entries [from, to) in order, as many as fit in `max_bytes` of data but at least one. kCompacted when `from` is
  // below first_index().
  Result<std::vector<Entry>> read(Index from, Index to, uint64_t max_bytes) const;

  // Makes the next segment, zero filled, so that no append has to (64 MiB take about 0.1 s): run it off the log's
  // thread when wants_spare(), which is so after create(), open() and each change of segment. kNoSpace leaves no trace.
  Result<void> prepare_spare();
  bool wants_spare() const;

  Index first_index() const;  // last_index() + 1 when no entry is kept
  Index last_index() const;
  Result<Term> term(Index index) const;  // from first_index() - 1, where known, to last_index(); kCompacted below
  const HardState& hard_state() const;   // its commit is never below the mark
  const Mark& last_mark() const;
  uint64_t max_entry_bytes() const;  // of Entry::data
  uint64_t room_bytes() const;       // that appends can still use without a new segment being allocated
  uint64_t kept_bytes() const;       // in entries' segments, the spare one not counted

 private:
  Wal(Disk& disk, std::string directory, const Options& options, Random& random);

  Result<void> restore(Recovered recovered);
  Result<void> open_ballot();
  Result<void> cast(const std::optional<HardState>& next);
  Result<void> rewrite_newest(const Recovered& recovered);
  Result<void> start_segment(uint64_t sequence);
  Result<void> install(Spare& spare, Bytes content, uint64_t sequence);

  struct Batch;  // what goes into one frame
  Result<void> append_frame(const Batch& batch);
  Result<void> make_room(uint64_t frame_bytes);
  void build_frame(const Batch& batch, uint64_t frame_bytes);
  void add_entries(std::span<const EntryPtr> entries);
  Result<void> write_frame();
  Result<void> check_sizes(std::span<const EntryPtr> entries) const;
  size_t count_fitting(std::span<const EntryPtr> entries) const;
  uint64_t max_frame_bytes() const;

  Result<void> usable() const;
  Result<void> remove_segments(const std::vector<uint64_t>& sequences);
  Result<void> keep_failure(Result<void> outcome);

  Disk& disk_;
  const std::string directory_;
  const Options options_;
  Random& random_;
  Spare spare_;
  std::optional<Ballot> ballot_;
  LogState state_;
  EntryMap entries_;
  std::deque<Segment> segments_;  // oldest first; the last is written to
  std::unique_ptr<File> newest_;  // of the segments
  uint64_t capacity_bytes_ = 0;   // of that file
  Chain chain_;
  FrameBuilder frame_;
  bool is_synced_ = true;
  std::optional<Error> failed_;
};

struct Wal::Opened {
  std::unique_ptr<Wal> wal;
  std::optional<TailCut> tail_cut;
};

}  // namespace viaduct::wal
