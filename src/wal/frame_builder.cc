#include "wal/frame_builder.h"

#include <cassert>

namespace viaduct::wal {

void FrameBuilder::start(const Chain& chain, Index first, Index last, uint64_t frame_bytes) {
  frame_bytes_ = frame_bytes;
  bytes_.clear();
  put_le32(bytes_, kFrameMagic);
  put_le32(bytes_, static_cast<uint32_t>(frame_bytes));
  put_le64(bytes_, chain.salt);
  put_le64(bytes_, chain.next_frame);
  put_le64(bytes_, first.value);
  put_le64(bytes_, last.value);
  put_le32(bytes_, chain.crc);
  crc_ = crc32c(0, bytes_);
  put_le32(bytes_, crc_);
}

void FrameBuilder::add(const Entry& entry) {
  const RecordType type = entry.type == EntryType::kCommand ? RecordType::kCommand : RecordType::kConfiguration;
  start_record(type, entry.data.size(), entry.index, entry.term);
  bytes_.append(entry.data);
  end_record();
}

void FrameBuilder::add(const HardState& hard_state) {
  start_record(RecordType::kHardState, kVoteBytes, hard_state.commit, hard_state.term);
  put_le64(bytes_, hard_state.vote.value);
  end_record();
}

void FrameBuilder::add(const Mark& mark) {
  start_record(RecordType::kMark, 0, mark.index, mark.term);
  end_record();
}

void FrameBuilder::start_record(RecordType type, size_t length, Index index, Term term) {
  record_start_ = bytes_.size();
  put_le32(bytes_, static_cast<uint32_t>(type));  // one byte of type, three of zeros
  put_le32(bytes_, static_cast<uint32_t>(length));
  put_le64(bytes_, index.value);
  put_le64(bytes_, term.value);
}

void FrameBuilder::end_record() {
  crc_ = crc32c(crc_, Bytes(bytes_).substr(record_start_));
  put_le32(bytes_, crc_);
}

Bytes FrameBuilder::bytes() const {
  assert(bytes_.size() == frame_bytes_);
  return bytes_;
}

}  // namespace viaduct::wal
