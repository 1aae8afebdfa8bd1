#include "wal/format.h"

#include <cassert>

namespace viaduct::wal {
namespace {

constexpr uint32_t kVersion = 2;

std::string encode_covered(const SegmentHeader& header) {
  std::string bytes;
  put_le32(bytes, kSegmentMagic);
  put_le32(bytes, kVersion);
  for (const uint64_t field : {header.sequence, header.bytes, header.salt, header.identity.cluster.value,
                               header.identity.member.value, header.next_frame, header.last.index.value,
                               header.last.term.value, header.hard_state.term.value, header.hard_state.vote.value,
                               header.hard_state.commit.value, header.mark.index.value, header.mark.term.value}) {
    put_le64(bytes, field);
  }
  put_le32(bytes, header.previous_crc);
  return bytes;
}

SegmentHeader decode_fields(ByteReader& reader) {
  SegmentHeader header;
  header.sequence = reader.take_le64();
  header.bytes = reader.take_le64();
  header.salt = reader.take_le64();
  header.identity.cluster = ClusterId(reader.take_le64());
  header.identity.member = MemberId(reader.take_le64());
  header.next_frame = reader.take_le64();
  header.last.index = Index(reader.take_le64());
  header.last.term = Term(reader.take_le64());
  header.hard_state.term = Term(reader.take_le64());
  header.hard_state.vote = MemberId(reader.take_le64());
  header.hard_state.commit = Index(reader.take_le64());
  header.mark.index = Index(reader.take_le64());
  header.mark.term = Term(reader.take_le64());
  header.previous_crc = reader.take_le32();
  return header;
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string bytes = encode_covered(header);
  put_le32(bytes, crc32c(0, bytes));
  assert(bytes.size() == kSegmentHeaderBytes);
  return bytes;
}

std::variant<SegmentHeader, HeaderFault> decode_segment_header(Bytes segment) {
  const Bytes bytes = segment.substr(0, kSegmentHeaderBytes);
  ByteReader reader(bytes);
  const uint32_t magic = reader.take_le32();
  const uint32_t version = reader.take_le32();
  const SegmentHeader header = decode_fields(reader);
  const uint32_t crc = reader.take_le32();
  if (!reader.ok() || magic != kSegmentMagic) return HeaderFault::kDamaged;
  if (crc32c(0, bytes.substr(0, kSegmentHeaderBytes - 4)) != crc) return HeaderFault::kDamaged;
  if (version != kVersion) return HeaderFault::kOtherVersion;
  return header;
}

Chain chain_after(const SegmentHeader& header) {
  return Chain{header.salt, header.next_frame, crc32c(0, encode_covered(header))};
}

uint64_t frame_offset_after(uint64_t end) {
  const uint64_t aligned = (end + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
  const uint64_t sector_rest = kSectorBytes - aligned % kSectorBytes;
  return sector_rest < kFrameHeaderBytes ? aligned + sector_rest : aligned;
}

}  // namespace viaduct::wal
