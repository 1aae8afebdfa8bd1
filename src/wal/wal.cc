#include "wal/wal.h"

#include <algorithm>
#include <cassert>

#include "wal/entry_reader.h"
#include "wal/frame.h"

namespace viaduct::wal {
namespace {

constexpr uint64_t kMinSegmentBytes = 4096;
constexpr uint64_t kMinFrameLimitBytes = 1024;

// Our own logic keeps the rules by which records follow each other.
void expect(Refusal refusal) { assert(refusal == nullptr); }

}  // namespace

struct Wal::Batch {
  std::span<const EntryPtr> entries;
  std::optional<HardState> hard_state;
  std::optional<Mark> mark;

  uint64_t frame_bytes() const {
    uint64_t bytes = kFrameHeaderBytes;
    for (const EntryPtr& entry : entries) bytes += FrameBuilder::record_bytes(*entry);
    if (hard_state) bytes += FrameBuilder::kHardStateBytes;
    if (mark) bytes += FrameBuilder::kMarkBytes;
    return bytes;
  }
};

Wal::Wal(Disk& disk, std::string directory, const Options& options, Random& random)
    : disk_(disk),
      directory_(std::move(directory)),
      options_(options),
      random_(random),
      spare_(disk, directory_, options.segment_bytes) {
  assert(options.segment_bytes >= kMinSegmentBytes);
  assert(options.segment_bytes <= kMaxSegmentBytes);
  assert(options.segment_bytes % kSectorBytes == 0);
  assert(options.max_frame_bytes >= kMinFrameLimitBytes);
}

Result<std::unique_ptr<Wal>> Wal::create(Disk& disk, std::string directory, const Options& options, Random& random) {
  auto made = disk.create_directory(directory);
  if (!made && made.error().code != Code::kAlreadyExists) return std::move(made).error();
  VIADUCT_TRY(disk.sync_directory(parent_directory(directory)));
  VIADUCT_TRY_ASSIGN(sequences, list_segments(disk, directory));
  if (!sequences.empty()) return Error{Code::kAlreadyExists, directory + " holds a log"};

  std::unique_ptr<Wal> wal(new Wal(disk, std::move(directory), options, random));
  wal->chain_.next_frame = 1;
  VIADUCT_TRY(wal->start_segment(1));
  VIADUCT_TRY(wal->open_ballot());
  return wal;
}

Result<Wal::Opened> Wal::open(Disk& disk, std::string directory, const Options& options, Random& random) {
  VIADUCT_TRY_ASSIGN(sequences, list_segments(disk, directory));
  if (sequences.empty()) return Error{Code::kNotFound, directory + " holds no log"};
  VIADUCT_TRY_ASSIGN(recovered, recover(disk, directory, sequences, options.identity));

  Opened opened;
  opened.tail_cut = recovered.tail_cut;
  opened.wal.reset(new Wal(disk, std::move(directory), options, random));
  VIADUCT_TRY(opened.wal->restore(std::move(recovered)));
  VIADUCT_TRY(opened.wal->open_ballot());
  return opened;
}

// Where a crash came between ballot and log the ballot is ahead. Written anew either way: what was read may be in
// memory only (CC-5).
Result<void> Wal::open_ballot() {
  if (options_.ballot_path.empty()) return {};
  VIADUCT_TRY_ASSIGN(kept, read_ballot(disk_, options_.ballot_path, options_.identity));
  VIADUCT_TRY_ASSIGN(ballot, Ballot::open(disk_, options_.ballot_path, options_.identity));
  ballot_ = std::move(ballot);
  HardState hard_state = state_.hard_state();
  const bool is_ahead = kept && is_newer(*kept, hard_state);
  if (is_ahead) hard_state = {kept->term, kept->vote, hard_state.commit};
  VIADUCT_TRY(keep_failure(ballot_->write(hard_state.term, hard_state.vote)));
  if (!is_ahead) return {};
  VIADUCT_TRY(append({}, hard_state));
  return sync();
}

Result<void> Wal::restore(Recovered recovered) {
  state_ = std::move(recovered.state);
  entries_ = std::move(recovered.entries);
  segments_ = std::move(recovered.segments);
  chain_ = recovered.chain;
  state_.forget_before(first_index().previous());
  VIADUCT_TRY(rewrite_newest(recovered));
  return remove_segments(recovered.stale);
}

// CC-5: what was read may be in memory only, and what was cut must not come back; so the segment is written anew beside
// the old one and put in its place. It may be larger than segments are now.
Result<void> Wal::rewrite_newest(const Recovered& recovered) {
  Spare replacement(disk_, directory_, std::max(options_.segment_bytes, recovered.newest_bytes));
  return install(replacement, recovered.newest, segments_.back().sequence);
}

// CC-2.
Result<void> Wal::start_segment(uint64_t sequence) {
  const SegmentHeader header{sequence,     spare_.bytes(),      random_.next(), options_.identity, chain_.next_frame,
                             state_.end(), state_.hard_state(), state_.mark(),  chain_.crc};
  VIADUCT_TRY(install(spare_, encode_segment_header(header), sequence));
  segments_.push_back(Segment{sequence, header.salt, kFirstFrameOffset, header.last.index});
  chain_ = chain_after(header);
  return {};
}

Result<void> Wal::install(Spare& spare, Bytes content, uint64_t sequence) {
  VIADUCT_TRY_ASSIGN(file, spare.install(content, segment_path(directory_, sequence)));
  newest_ = std::move(file);
  capacity_bytes_ = spare.bytes();
  return {};
}

Result<void> Wal::append(std::span<const EntryPtr> entries, const std::optional<HardState>& hard_state) {
  VIADUCT_TRY(usable());
  VIADUCT_TRY(check_sizes(entries));
  std::optional<HardState> early = hard_state;
  if (early) early->commit = state_.hard_state().commit;  // it may reach into entries of a later frame
  while (true) {
    const size_t count = count_fitting(entries);
    if (count == entries.size()) break;
    VIADUCT_TRY(append_frame({entries.first(count), early, {}}));
    entries = entries.subspan(count);
  }
  if (entries.empty() && !hard_state) return {};
  return append_frame({entries, hard_state, {}});
}

Result<void> Wal::mark(const Mark& next, const std::optional<HardState>& hard_state) {
  VIADUCT_TRY(usable());
  VIADUCT_TRY(append_frame({{}, hard_state, next}));
  return sync();
}

Result<void> Wal::append_frame(const Batch& batch) {
  VIADUCT_TRY(sync());  // at most one frame is unsynced (CC-3)
  const uint64_t frame_bytes = batch.frame_bytes();
  VIADUCT_TRY(make_room(frame_bytes));
  VIADUCT_TRY(cast(batch.hard_state));
  build_frame(batch, frame_bytes);
  return keep_failure(write_frame());
}

Result<void> Wal::cast(const std::optional<HardState>& next) {
  if (!ballot_ || !next || !is_newer(*next, state_.hard_state())) return {};
  return keep_failure(ballot_->write(next->term, next->vote));
}

Result<void> Wal::make_room(uint64_t frame_bytes) {
  const uint64_t offset = frame_offset_after(segments_.back().end);
  if (offset + frame_bytes <= capacity_bytes_) return {};
  assert(is_synced_);
  return start_segment(segments_.back().sequence + 1);
}

void Wal::build_frame(const Batch& batch, uint64_t frame_bytes) {
  const bool has_entries = !batch.entries.empty();
  const Index first = has_entries ? batch.entries.front()->index : Index();
  const Index last = has_entries ? batch.entries.back()->index : Index();
  frame_.start(chain_, first, last, frame_bytes);
  if (has_entries) add_entries(batch.entries);
  if (batch.hard_state) {
    expect(state_.add_hard_state(*batch.hard_state));
    frame_.add(*batch.hard_state);
  }
  if (batch.mark) {
    if (state_.replaced_by(*batch.mark)) entries_.clear();
    expect(state_.add_mark(*batch.mark));
    frame_.add(*batch.mark);
  }
  expect(state_.end_frame());
}

void Wal::add_entries(std::span<const EntryPtr> entries) {
  const Segment& segment = segments_.back();
  const Index first = entries.front()->index;
  entries_.add(Place{first, segment.sequence, frame_offset_after(segment.end)}, state_.last());
  for (size_t i = 0; i < entries.size(); ++i) {
    assert(entries[i]->index.value == first.value + i);
    expect(state_.add_entry(entries[i]->index, entries[i]->term));
    frame_.add(*entries[i]);
  }
}

Result<void> Wal::write_frame() {
  const Bytes frame = frame_.bytes();
  Segment& segment = segments_.back();
  const uint64_t offset = frame_offset_after(segment.end);
  is_synced_ = false;
  VIADUCT_TRY(newest_->write_at(offset, frame));
  segment.end = offset + frame.size();
  chain_ = Chain{chain_.salt, chain_.next_frame + 1, frame_.crc()};
  return {};
}

Result<void> Wal::sync() {
  VIADUCT_TRY(usable());
  if (is_synced_) return {};
  VIADUCT_TRY(keep_failure(newest_->sync()));
  is_synced_ = true;
  return {};
}

Result<void> Wal::write_end_mark() {
  VIADUCT_TRY(usable());
  assert(is_synced_);
  const uint64_t offset = frame_offset_after(segments_.back().end);
  if (offset + kEndMarkBytes > capacity_bytes_) return {};
  return keep_failure(newest_->write_at(offset, encode_end_mark(chain_)));
}

Result<void> Wal::cut(Index up_to) {
  VIADUCT_TRY(usable());
  assert(up_to <= state_.mark().index);
  std::vector<uint64_t> cut;
  for (; segments_.size() > 1 && segments_[1].last_before <= up_to; segments_.pop_front()) {
    cut.push_back(segments_.front().sequence);
  }
  entries_.forget_segments_before(segments_.front().sequence);
  state_.forget_before(first_index().previous());
  return remove_segments(cut);
}

// A power cut may take some of the names and leave others: what is before a gap is no part of the log.
Result<void> Wal::remove_segments(const std::vector<uint64_t>& sequences) {
  if (sequences.empty()) return {};
  for (const uint64_t sequence : sequences) {
    VIADUCT_TRY(keep_failure(disk_.remove(segment_path(directory_, sequence))));
  }
  return keep_failure(disk_.sync_directory(directory_));
}

Result<std::vector<Entry>> Wal::read(Index from, Index to, uint64_t max_bytes) const {
  VIADUCT_TRY(usable());
  assert(from < to);
  assert(to <= last_index().next());
  if (from < first_index()) return Error{Code::kCompacted, "the log starts at " + to_string(first_index())};

  EntryReader reader(disk_, directory_, from, to, max_bytes);
  while (!reader.is_done()) {
    const Stretch stretch = entries_.find(reader.next());
    const Segment& segment = segments_[stretch.from.sequence - segments_.front().sequence];
    VIADUCT_TRY(reader.read(segment, stretch));
  }
  return reader.take();
}

Result<void> Wal::prepare_spare() { return spare_.prepare(); }
bool Wal::wants_spare() const { return spare_.is_wanted(); }

// What the oldest segment begins with may replace entries of one that was cut away: then the term before it is not
// known, only that of the last entry then, and the log begins behind that one.
Index Wal::first_index() const {
  return std::max(entries_.first().value_or(state_.last().next()), segments_.front().last_before.next());
}
Index Wal::last_index() const { return state_.last(); }

Result<Term> Wal::term(Index index) const {
  assert(index <= last_index());
  if (const auto term = state_.term(index)) return *term;
  return Error{Code::kCompacted, "the log starts at " + to_string(first_index())};
}

const HardState& Wal::hard_state() const { return state_.hard_state(); }
const Mark& Wal::last_mark() const { return state_.mark(); }

uint64_t Wal::max_frame_bytes() const {
  return std::min(options_.max_frame_bytes, options_.segment_bytes - kFirstFrameOffset);
}

uint64_t Wal::max_entry_bytes() const {
  return max_frame_bytes() - kFrameHeaderBytes - kRecordOverheadBytes - FrameBuilder::kHardStateBytes;
}

uint64_t Wal::room_bytes() const {
  const uint64_t offset = std::min(frame_offset_after(segments_.back().end), capacity_bytes_);
  const uint64_t in_spare = spare_.is_ready() ? spare_.bytes() - kFirstFrameOffset : 0;
  return capacity_bytes_ - offset + in_spare;
}

uint64_t Wal::kept_bytes() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.end;
  return bytes;
}

Result<void> Wal::check_sizes(std::span<const EntryPtr> entries) const {
  for (const EntryPtr& entry : entries) {
    if (entry->data.size() <= max_entry_bytes()) continue;
    return Error{Code::kTooLarge, "entry " + to_string(entry->index) + " has " + std::to_string(entry->data.size()) +
                                      " bytes, the log takes at most " + std::to_string(max_entry_bytes())};
  }
  return {};
}

// How many from the front go into one frame beside a hard state; at least one when there are any.
size_t Wal::count_fitting(std::span<const EntryPtr> entries) const {
  uint64_t bytes = kFrameHeaderBytes + FrameBuilder::kHardStateBytes;
  size_t count = 0;
  for (; count < entries.size(); ++count) {
    bytes += FrameBuilder::record_bytes(*entries[count]);
    if (bytes > max_frame_bytes()) break;
  }
  return count;
}

Result<void> Wal::usable() const {
  if (failed_) return *failed_;
  return spare_.failure();
}

// Any failure is for good (CC-4), and kNoSpace would say otherwise.
Result<void> Wal::keep_failure(Result<void> outcome) {
  if (!outcome) failed_ = Error{Code::kIo, outcome.error().message};
  return usable();
}

}  // namespace viaduct::wal
