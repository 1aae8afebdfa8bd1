// The bytes of a segment, little-endian throughout:
//
//   segment  := header zero[to 512] { frame gap } [ end_mark ] zero[to the end of the file]
//   header   := magic:u32 version:u32 sequence:u64 bytes:u64 salt:u64 cluster:u64 member:u64      bytes: of the file
//               next_frame:u64 last_index:u64 last_term:u64                 what came before this segment,
//               term:u64 vote:u64 commit:u64 mark_index:u64 mark_term:u64
//               previous_crc:u32                                            its last frame's, or its header's
//               crc:u32                                                     CRC-32C of all before it
//   frame    := magic:u32 bytes:u32 salt:u64 number:u64                     bytes: of header and records
//               first:u64 last:u64                                          index; 0 and 0 without entries
//               previous_crc:u32 crc:u32 record { record }
//   record   := type:u8 zero[3] length:u32 index:u64 term:u64 data[length] crc:u32
//   end_mark := magic:u32 frame_crc:u32 salt:u64 number:u64 crc:u32 zero[4]    the frame before it, which is synced
//
// A record's crc goes on from the crc before it, of the frame header or of the record before; the last is the frame's,
// and the next frame's previous_crc. A frame starts at the next multiple of 8 from which its header does not cross a
// sector border: a power cut takes a header, or an end mark in its place, whole or not at all (FM-2). The next frame is
// written over the end mark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/entry.h"
#include "wal/types.h"

namespace viaduct::wal {

inline constexpr uint64_t kSectorBytes = 512;  // what a disk writes whole or not at all
inline constexpr uint64_t kSegmentHeaderBytes = 4 + 4 + 13 * 8 + 4 + 4;
inline constexpr uint64_t kFirstFrameOffset = kSectorBytes;
inline constexpr uint64_t kFrameHeaderBytes = 4 + 4 + 4 * 8 + 4 + 4;
inline constexpr uint64_t kRecordHeaderBytes = 1 + 3 + 4 + 8 + 8;
inline constexpr uint64_t kRecordOverheadBytes = kRecordHeaderBytes + 4;
inline constexpr uint64_t kEndMarkBytes = 4 + 4 + 8 + 8 + 4 + 4;
inline constexpr uint64_t kFrameAlignment = 8;
inline constexpr uint64_t kMinFrameBytes = kFrameHeaderBytes + kRecordOverheadBytes;
static_assert(kSegmentHeaderBytes <= kFirstFrameOffset);
static_assert(kEndMarkBytes <= kFrameHeaderBytes);

inline constexpr uint32_t kSegmentMagic = 0x4c415756;  // "VWAL"
inline constexpr uint32_t kFrameMagic = 0x4d524656;    // "VFRM"
inline constexpr uint32_t kEndMarkMagic = 0x444e4556;  // "VEND"

// What a frame must continue: the salt of its segment, its number, and the crc it is chained to.
struct Chain {
  uint64_t salt = 0;
  uint64_t next_frame = 0;
  uint32_t crc = 0;

  bool operator==(const Chain&) const = default;
};

struct SegmentHeader {
  uint64_t sequence = 0;
  uint64_t bytes = 0;  // the file was made with, and never has fewer
  uint64_t salt = 0;
  Identity identity;
  uint64_t next_frame = 0;
  Mark last;  // last index and its term before this segment
  HardState hard_state;
  Mark mark;
  uint32_t previous_crc = 0;
};

enum class HeaderFault { kDamaged, kOtherVersion };

std::string encode_segment_header(const SegmentHeader& header);
std::variant<SegmentHeader, HeaderFault> decode_segment_header(Bytes segment);
Chain chain_after(const SegmentHeader& header);  // what the first frame of the segment continues

enum class RecordType : uint8_t {
  kCommand = 1,        // Entry with EntryType::kCommand
  kConfiguration = 2,  // Entry with EntryType::kConfiguration
  kHardState = 3,      // index is the commit, data the vote
  kMark = 4,
};

inline constexpr uint64_t kVoteBytes = 8;

// Where a frame (or end mark) starts whose predecessor ended at `end`.
uint64_t frame_offset_after(uint64_t end);

}  // namespace viaduct::wal
