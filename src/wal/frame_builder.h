// Builds one frame after another in a buffer that is used again, so that the path of every write allocates nothing.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/entry.h"
#include "wal/format.h"

namespace viaduct::wal {

class FrameBuilder {
 public:
  static uint64_t record_bytes(const Entry& entry) { return kRecordOverheadBytes + entry.data.size(); }
  static constexpr uint64_t kHardStateBytes = kRecordOverheadBytes + kVoteBytes;
  static constexpr uint64_t kMarkBytes = kRecordOverheadBytes;

  // Starts over. `frame_bytes` is what the frame will come to: its header and the records that follow by add().
  void start(const Chain& chain, Index first, Index last, uint64_t frame_bytes);
  void add(const Entry& entry);
  void add(const HardState& hard_state);
  void add(const Mark& mark);

  Bytes bytes() const;  // the frame, all of whose records were added; valid until start()
  uint32_t crc() const { return crc_; }

 private:
  void start_record(RecordType type, size_t length, Index index, Term term);
  void end_record();

  std::string bytes_;
  uint64_t frame_bytes_ = 0;
  size_t record_start_ = 0;
  uint32_t crc_ = 0;
};

}  // namespace viaduct::wal
