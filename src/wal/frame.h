// Reading frames, their records and end marks, as format.h lays them out. No length is trusted before it was compared
// with the bytes that are there, and nothing is allocated by a length that was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wal/format.h"

namespace viaduct::wal {

struct FrameHeader {
  uint64_t bytes = 0;
  uint64_t salt = 0;
  uint64_t number = 0;
  Index first;
  Index last;
  uint32_t previous_crc = 0;
  uint32_t crc = 0;
};

// Nothing unless a header is there whose own crc is right.
std::optional<FrameHeader> decode_frame_header(Bytes from);
bool continues(const FrameHeader& header, const Chain& chain);

struct Record {
  RecordType type;
  Index index;
  Term term;
  Bytes data;  // points into the frame
  uint32_t crc = 0;
};

// The records at the front of a frame that are whole, and where they end: at `header.bytes` when all are.
struct Records {
  std::vector<Record> list;
  uint64_t whole_bytes = 0;
  uint32_t crc = 0;  // of the last one: the frame's when it is whole
};

void decode_records(Bytes frame, const FrameHeader& header, Records& into);
uint64_t claimed_record_bytes(Bytes from);  // by the length field of a record that may be damaged; whole field needed

bool is_entry(const Record& record);
Entry entry_of(const Record& record);
HardState hard_state_of(const Record& record);

struct EndMark {
  uint32_t frame_crc = 0;
  uint64_t salt = 0;
  uint64_t number = 0;
};

std::string encode_end_mark(const Chain& chain);  // of the frame before
std::optional<EndMark> decode_end_mark(Bytes from);
bool names_end(const EndMark& mark, const Chain& chain);  // the mark is of the frame just before

}  // namespace viaduct::wal
