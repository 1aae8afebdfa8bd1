#include "wal/entry_reader.h"

#include <algorithm>

namespace viaduct::wal {

EntryReader::EntryReader(Disk& disk, const std::string& directory, Index next, Index to, uint64_t max_bytes)
    : disk_(disk), directory_(directory), next_(next), to_(to), bytes_left_(max_bytes) {}

Result<void> EntryReader::read(const Segment& segment, const Stretch& stretch) {
  const std::string path = segment_path(directory_, segment.sequence);
  const bool ends_early = stretch.next && stretch.next->sequence == segment.sequence;
  const uint64_t base = stretch.from.offset;
  VIADUCT_TRY_ASSIGN(content, load(path, base, ends_early ? stretch.next->offset : segment.end));

  const Index end = stretch.next ? std::min(to_, stretch.next->first) : to_;
  for (uint64_t offset = base; next_ < end && !is_full_;) {
    const Bytes frame = Bytes(content).substr(std::min<uint64_t>(offset - base, content.size()));
    const auto header = decode_frame_header(frame);
    if (!header || header->salt != segment.salt || !take_frame(frame, *header, end)) {
      return Error{Code::kCorrupt, path + " at offset " + std::to_string(offset) + ": entry " + to_string(next_) +
                                       " is no longer there"};
    }
    offset = frame_offset_after(offset + header->bytes);
  }
  return {};
}

Result<std::string> EntryReader::load(const std::string& path, uint64_t from, uint64_t to) const {
  VIADUCT_TRY_ASSIGN(file, disk_.open(path, OpenMode::kRead));
  std::string content(to - from, '\0');
  VIADUCT_TRY_ASSIGN(got, file->read_at(from, content));
  content.resize(got);
  return content;
}

// Whether the frame is whole.
bool EntryReader::take_frame(Bytes frame, const FrameHeader& header, Index end) {
  decode_records(frame, header, records_);
  if (records_.whole_bytes != header.bytes) return false;
  for (const Record& record : records_.list) {
    if (is_entry(record) && record.index == next_ && next_ < end && !is_full_) take_entry(record);
  }
  return true;
}

void EntryReader::take_entry(const Record& record) {
  is_full_ = record.data.size() > bytes_left_;
  if (is_full_ && !entries_.empty()) return;
  bytes_left_ -= std::min<uint64_t>(bytes_left_, record.data.size());
  entries_.push_back(entry_of(record));
  next_ = next_.next();
}

}  // namespace viaduct::wal
