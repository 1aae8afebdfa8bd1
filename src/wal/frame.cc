#include "wal/frame.h"

#include <cassert>

namespace viaduct::wal {
namespace {

std::optional<RecordType> record_type(uint8_t byte) {
  if (byte < static_cast<uint8_t>(RecordType::kCommand) || byte > static_cast<uint8_t>(RecordType::kMark)) return {};
  return static_cast<RecordType>(byte);
}

bool has_fitting_data(const Record& record) {
  switch (record.type) {
    case RecordType::kCommand:
    case RecordType::kConfiguration:
      return true;
    case RecordType::kHardState:
      return record.data.size() == kVoteBytes;
    case RecordType::kMark:
      return record.data.empty();
  }
  __builtin_unreachable();
}

// Nothing unless a whole record is there whose crc goes on from `seed`.
std::optional<Record> decode_record(Bytes from, uint32_t seed) {
  ByteReader reader(from);
  const auto type = record_type(reader.take_u8());
  const Bytes zeros = reader.take_bytes(3);
  const uint32_t length = reader.take_le32();
  Record record{};
  record.index = Index(reader.take_le64());
  record.term = Term(reader.take_le64());
  record.data = reader.take_bytes(length);
  const Bytes covered = from.substr(0, from.size() - reader.rest().size());
  record.crc = reader.take_le32();
  if (!reader.ok() || !type || zeros != Bytes("\0\0\0", 3)) return {};
  record.type = *type;
  if (crc32c(seed, covered) != record.crc || !has_fitting_data(record)) return {};
  return record;
}

}  // namespace

std::optional<FrameHeader> decode_frame_header(Bytes from) {
  ByteReader reader(from);
  if (reader.take_le32() != kFrameMagic) return {};
  FrameHeader header;
  header.bytes = reader.take_le32();
  header.salt = reader.take_le64();
  header.number = reader.take_le64();
  header.first = Index(reader.take_le64());
  header.last = Index(reader.take_le64());
  header.previous_crc = reader.take_le32();
  header.crc = reader.take_le32();
  if (!reader.ok() || crc32c(0, from.substr(0, kFrameHeaderBytes - 4)) != header.crc) return {};
  return header;
}

bool continues(const FrameHeader& header, const Chain& chain) {
  return header.salt == chain.salt && header.number == chain.next_frame && header.previous_crc == chain.crc &&
         header.bytes >= kMinFrameBytes;
}

void decode_records(Bytes frame, const FrameHeader& header, Records& into) {
  into.list.clear();
  into.whole_bytes = kFrameHeaderBytes;
  into.crc = header.crc;
  while (into.whole_bytes < header.bytes && into.whole_bytes < frame.size()) {
    const auto record = decode_record(frame.substr(into.whole_bytes, header.bytes - into.whole_bytes), into.crc);
    if (!record) return;
    into.list.push_back(*record);
    into.whole_bytes += kRecordOverheadBytes + record->data.size();
    into.crc = record->crc;
  }
}

uint64_t claimed_record_bytes(Bytes from) {
  ByteReader reader(from);
  reader.take_le32();
  return kRecordOverheadBytes + reader.take_le32();
}

bool is_entry(const Record& record) {
  return record.type == RecordType::kCommand || record.type == RecordType::kConfiguration;
}

Entry entry_of(const Record& record) {
  const bool is_command = record.type == RecordType::kCommand;
  return Entry{record.term, record.index, is_command ? EntryType::kCommand : EntryType::kConfiguration,
               std::string(record.data)};
}

HardState hard_state_of(const Record& record) {
  ByteReader reader(record.data);
  return HardState{record.term, MemberId(reader.take_le64()), record.index};
}

std::string encode_end_mark(const Chain& chain) {
  std::string bytes;
  put_le32(bytes, kEndMarkMagic);
  put_le32(bytes, chain.crc);
  put_le64(bytes, chain.salt);
  put_le64(bytes, chain.next_frame - 1);
  put_le32(bytes, crc32c(0, bytes));
  put_le32(bytes, 0);
  assert(bytes.size() == kEndMarkBytes);
  return bytes;
}

std::optional<EndMark> decode_end_mark(Bytes from) {
  ByteReader reader(from);
  if (reader.take_le32() != kEndMarkMagic) return {};
  EndMark mark;
  mark.frame_crc = reader.take_le32();
  mark.salt = reader.take_le64();
  mark.number = reader.take_le64();
  const uint32_t crc = reader.take_le32();
  const uint32_t zero = reader.take_le32();
  if (!reader.ok() || zero != 0 || crc32c(0, from.substr(0, kEndMarkBytes - 8)) != crc) return {};
  return mark;
}

bool names_end(const EndMark& mark, const Chain& chain) {
  return mark.salt == chain.salt && mark.number + 1 == chain.next_frame && mark.frame_crc == chain.crc;
}

}  // namespace viaduct::wal
