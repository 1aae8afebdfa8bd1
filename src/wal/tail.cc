#include "wal/tail.h"

#include <algorithm>
#include <array>
#include <optional>

#include "wal/frame.h"

namespace viaduct::wal {
namespace {

Bytes part(Bytes segment, uint64_t from, uint64_t to) {
  from = std::min<uint64_t>(from, segment.size());
  return segment.substr(from, to - from);
}

// Strides over the zeros, most of a segment, before it looks at bytes.
uint64_t end_of_content(Bytes bytes) {
  static constexpr std::array<char, 4096> kZeros{};
  while (bytes.size() >= kZeros.size() && bytes.ends_with(Bytes(kZeros.data(), kZeros.size()))) {
    bytes.remove_suffix(kZeros.size());
  }
  return bytes.find_last_not_of('\0') + 1;
}

bool is_blank(Bytes segment, uint64_t from, uint64_t to) { return end_of_content(part(segment, from, to)) == 0; }

uint64_t sector_end(uint64_t offset) { return offset - offset % kSectorBytes + kSectorBytes; }

// Whether [from, to) of the frame [start, end) touches a sector all of whose bytes in the frame are zero.
bool touches_blank_sector(Bytes segment, uint64_t from, uint64_t to, uint64_t start, uint64_t end) {
  for (uint64_t at = from; at < to; at = sector_end(at)) {
    const uint64_t sector_start = at - at % kSectorBytes;
    if (is_blank(segment, std::max(sector_start, start), std::min(sector_end(at), end))) return true;
  }
  return false;
}

bool is_later(Bytes at, bool is_expected_place, const Chain& chain) {
  if (const auto header = decode_frame_header(at)) {
    const bool is_expected = is_expected_place && header->number == chain.next_frame;
    return header->salt == chain.salt && header->number >= chain.next_frame && !is_expected;
  }
  const auto mark = decode_end_mark(at);
  return mark && mark->salt == chain.salt && mark->number >= chain.next_frame;
}

std::optional<uint64_t> find_later(Bytes segment, uint64_t offset, uint64_t end, const Chain& chain) {
  for (uint64_t at = offset; at < end; at += kFrameAlignment) {
    if (is_later(segment.substr(at), at == offset, chain)) return at;
  }
  return {};
}

uint64_t end_mark_bytes(Bytes at, const Chain& chain) {
  const auto mark = decode_end_mark(at);
  return mark && names_end(*mark, chain) ? kEndMarkBytes : 0;
}

// Nothing but the first bytes of a header or end mark.
bool is_fragment(Bytes content) {
  std::string frame, end_mark;
  put_le32(frame, kFrameMagic);
  put_le32(end_mark, kEndMarkMagic);
  const Bytes magic = content.substr(0, frame.size());
  return content.size() < kFrameHeaderBytes && (frame.starts_with(magic) || end_mark.starts_with(magic));
}

// The frame at `start` has a good header; whether the write of its records may never have been finished.
bool is_unfinished(Bytes segment, uint64_t start, const FrameHeader& header, uint64_t content_end) {
  const uint64_t end = start + header.bytes;
  if (content_end <= end - sizeof header.crc) return true;
  Records records;
  decode_records(segment.substr(start, header.bytes), header, records);
  const uint64_t bad = start + records.whole_bytes;
  if (touches_blank_sector(segment, bad, std::min(bad + kRecordHeaderBytes, end), start, end)) return true;
  const uint64_t claimed_end = bad + claimed_record_bytes(part(segment, bad, end));
  return claimed_end <= end && touches_blank_sector(segment, bad, claimed_end, start, end);
}

}  // namespace

Tail judge_tail(Bytes segment, uint64_t offset, const Chain& chain) {
  const uint64_t end = end_of_content(segment);
  const auto loss = [=](uint64_t at, const char* reason) { return Tail{TailKind::kLoss, at, end, reason}; };
  const Tail unfinished{TailKind::kUnfinished, offset, end, nullptr};
  const Tail clean{TailKind::kClean, offset, end, nullptr};
  if (end <= offset) return clean;

  const Bytes at = segment.substr(offset);
  const uint64_t mark_bytes = end_mark_bytes(at, chain);
  if (end <= offset + mark_bytes) return clean;
  if (const auto later = find_later(segment, offset, end, chain)) return loss(*later, "a later frame or end mark");
  if (const auto header = decode_frame_header(at)) {
    if (!continues(*header, chain)) return loss(offset, "a frame that does not continue the log");
    return is_unfinished(segment, offset, *header, end) ? unfinished : loss(offset, "a damaged frame, fully written");
  }
  if (is_blank(segment, offset + mark_bytes, sector_end(offset)) || is_fragment(at.substr(0, end - offset)))
    return unfinished;
  return loss(offset, "neither a frame nor zeros");
}

}  // namespace viaduct::wal
