#include "wal/recovery.h"

#include <charconv>
#include <iterator>
#include <span>

#include "base/mark.h"
#include "wal/tail.h"

namespace viaduct::wal {
namespace {

constexpr size_t kSequenceDigits = 16;

Error loss(const std::string& path, uint64_t offset, const std::string& reason) {
  return Error{Code::kCorrupt, path + " at offset " + std::to_string(offset) + ": " + reason};
}

std::string segment_name(uint64_t sequence) {
  const std::string digits = to_hex(sequence);
  return std::string(kSequenceDigits - digits.size(), '0') + digits + ".wal";
}

std::optional<uint64_t> parse_name(const std::string& name) {
  uint64_t sequence = 0;
  std::from_chars(name.data(), name.data() + name.size(), sequence, 16);
  if (name != segment_name(sequence)) return {};
  return sequence;
}

// Of the newest segments without a gap.
auto begin_of_last_run(const std::vector<uint64_t>& sequences) {
  auto begin = std::prev(sequences.end());
  while (begin != sequences.begin() && *std::prev(begin) + 1 == *begin) --begin;
  return begin;
}

class Recovery {
 public:
  Recovery(Disk& disk, const std::string& directory, const Identity& identity)
      : disk_(disk), directory_(directory), identity_(identity) {}

  Result<Recovered> run(const std::vector<uint64_t>& sequences) {
    const auto oldest = begin_of_last_run(sequences);
    found_.stale.assign(sequences.begin(), oldest);
    if (!found_.stale.empty()) VIADUCT_MARK("wal: segments before a gap");
    for (const uint64_t sequence : std::span(oldest, sequences.end())) {
      VIADUCT_TRY(begin_segment(sequence));
      VIADUCT_TRY(add_frames());
    }
    VIADUCT_TRY(cut_tail());
    VIADUCT_TRY(check_whole());
    found_.newest = std::move(content_);
    found_.newest_bytes = found_.newest.size();
    found_.newest.resize(segment().end);
    return std::move(found_);
  }

 private:
  Segment& segment() { return found_.segments.back(); }
  Error loss_here(const std::string& reason) const { return loss(path_, offset_, reason); }

  Result<void> begin_segment(uint64_t sequence) {
    const std::string before = std::exchange(path_, segment_path(directory_, sequence));
    VIADUCT_TRY(load());
    const auto decoded = decode_segment_header(content_);
    if (const auto* fault = std::get_if<HeaderFault>(&decoded)) return refuse(*fault);
    const SegmentHeader& header = std::get<SegmentHeader>(decoded);
    if (header.identity != identity_) return refuse_identity(header.identity);
    if (header.sequence != sequence) return loss(path_, 0, "the segment has another's number");
    if (content_.size() < header.bytes) {
      return loss(path_, content_.size(), "the file ends here, of " + std::to_string(header.bytes) + " bytes");
    }
    if (found_.segments.empty()) {
      first_ = header;
      found_.state = LogState(header);
    } else if (!continues(header)) {
      return loss(before, offset_, "frames are missing before the next segment");
    }
    found_.segments.push_back(Segment{sequence, header.salt, kFirstFrameOffset, header.last.index});
    found_.chain = chain_after(header);
    offset_ = kFirstFrameOffset;
    return {};
  }

  Result<void> load() {
    auto content = read_file(disk_, path_, kMaxSegmentBytes);
    if (!content && content.error().code == Code::kTooLarge) return loss(path_, 0, content.error().message);
    if (!content) return std::move(content).error();
    content_ = std::move(content).value();
    return {};
  }

  Error refuse(HeaderFault fault) const {
    if (fault == HeaderFault::kDamaged) return loss(path_, 0, "the segment's header is damaged");
    return Error{Code::kInvalidArgument, path_ + ": written in another version of the format"};
  }

  Error refuse_identity(const Identity& found) const {
    return Error{Code::kInvalidArgument, path_ + ": belongs to member " + to_hex(found.member.value) + " of cluster " +
                                             to_hex(found.cluster.value) + ", this is member " +
                                             to_hex(identity_.member.value) + " of cluster " +
                                             to_hex(identity_.cluster.value)};
  }

  bool continues(const SegmentHeader& header) const {
    const LogState& state = found_.state;
    return header.previous_crc == found_.chain.crc && header.next_frame == found_.chain.next_frame &&
           header.last == state.end() && header.hard_state == state.hard_state() && header.mark == state.mark();
  }

  // Up to the first place where no whole frame continues the log; offset_ is there then.
  Result<void> add_frames() {
    while (offset_ < content_.size()) {
      const Bytes frame = Bytes(content_).substr(offset_);
      const auto header = decode_frame_header(frame);
      if (!header || !wal::continues(*header, found_.chain)) return {};
      decode_records(frame, *header, records_);
      if (records_.whole_bytes != header->bytes) return {};
      VIADUCT_TRY(add_frame(*header));
      found_.chain = Chain{header->salt, header->number + 1, records_.crc};
      segment().end = offset_ + header->bytes;
      offset_ = frame_offset_after(segment().end);
    }
    return {};
  }

  Result<void> add_frame(const FrameHeader& header) {
    const Index last_before = found_.state.last();
    Index next = header.first;
    for (const Record& record : records_.list) {
      if (is_entry(record) && record.index != next) return loss_here("entries in disorder");
      if (is_entry(record)) next = next.next();
      if (const Refusal refusal = add(record)) return loss_here(refusal);
    }
    if (const Refusal refusal = found_.state.end_frame()) return loss_here(refusal);
    const bool has_entries = next != header.first;
    if (header.last != (has_entries ? next.previous() : Index())) return loss_here("entries are missing");
    if (!has_entries) return {};
    found_.entries.add(Place{header.first, segment().sequence, offset_}, last_before);
    return {};
  }

  Refusal add(const Record& record) {
    switch (record.type) {
      case RecordType::kCommand:
      case RecordType::kConfiguration:
        return found_.state.add_entry(record.index, record.term);
      case RecordType::kHardState:
        return found_.state.add_hard_state(hard_state_of(record));
      case RecordType::kMark:
        if (found_.state.replaced_by({record.index, record.term})) found_.entries.clear();
        return found_.state.add_mark({record.index, record.term});
    }
    __builtin_unreachable();
  }

  Result<void> cut_tail() {
    const Tail tail = judge_tail(content_, offset_, found_.chain);
    if (tail.kind == TailKind::kLoss) {
      VIADUCT_MARK("wal: something is lost");
      const std::string where = tail.offset == offset_ ? "" : " (given away at " + std::to_string(tail.offset) + ")";
      return loss_here(tail.reason + where);
    }
    if (tail.kind == TailKind::kUnfinished) {
      VIADUCT_MARK("wal: an unfinished write is left behind");
      found_.tail_cut = TailCut{path_, offset_, tail.end - offset_};
    }
    return {};
  }

  // What no single segment shows.
  Result<void> check_whole() const {
    if (found_.state.mark().index >= first_.last.index) return {};
    return loss(segment_path(directory_, first_.sequence - 1), 0, "segments that no mark covers are missing");
  }

  Disk& disk_;
  const std::string& directory_;
  const Identity& identity_;
  Recovered found_;
  SegmentHeader first_;
  std::string path_;     // of the newest segment read
  std::string content_;  // of it
  uint64_t offset_ = 0;  // in it
  Records records_;
};

}  // namespace

std::string segment_path(const std::string& directory, uint64_t sequence) {
  return join_path(directory, segment_name(sequence));
}

Result<std::vector<uint64_t>> list_segments(Disk& disk, const std::string& directory) {
  VIADUCT_TRY_ASSIGN(names, disk.list(directory));
  std::vector<uint64_t> sequences;
  for (const std::string& name : names) {
    if (const auto sequence = parse_name(name)) sequences.push_back(*sequence);
  }
  return sequences;
}

Result<Recovered> recover(Disk& disk, const std::string& directory, const std::vector<uint64_t>& sequences,
                          const Identity& identity) {
  return Recovery(disk, directory, identity).run(sequences);
}

}  // namespace viaduct::wal
