// Frames as bytes, and back. Format kPeerFormat, which both sides settle at the handshake; docs/formats.md has it too.
//
//   stream  := frame*
//   frame   := length:u32le crc32c:u32le content[length]          the checksum is over content
//   content := 0x00                                               keep-alive: only that the sender is alive
//            | 0x01 raft
//            | 0x02 id:varint term:varint entry_type:u8 data      ForwardedCommand; data is all the rest
//            | 0x03 id:varint term:varint kind:u8 text            ForwardRefused; text is all the rest
//            | 0x04 token:varint                                  ReadIndexRequest
//            | 0x05 token:varint has_index:u8 index:varint        ReadIndexReply; without has_index, index is 0
//            | 0x06 index:varint chain:u64le                      Checkpoint
//            | 0x07                                               LogLost
//   raft    := from:u64le to:u64le incarnation:u64le term:varint cluster_ms:varint message
//   message := 0x00 last_index:varint last_term:varint                     PreVoteRequest
//            | 0x01 granted:u8 commit_index:varint commit_term:varint      PreVoteReply
//            | 0x02 last_index:varint last_term:varint transfer:u8         VoteRequest
//            | 0x03 granted:u8 commit_index:varint commit_term:varint      VoteReply
//            | 0x04 previous_index:varint previous_term:varint commit:varint count:varint entry[count]   AppendRequest
//            | 0x05 flags:u8 index:varint hint_index:varint hint_term:varint   AppendReply; 1 accepted, 2 quarantined
//            | 0x06 commit:varint round:varint released:u64le              Heartbeat
//            | 0x07 round:varint                                           HeartbeatReply
//            | 0x08                                                        TimeoutNow
//   entry   := term:varint type:u8 size:varint data[size]         its index follows from its place
//
// Threads: pure functions; a reader is confined to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "peer/frame.h"

namespace viaduct::peer {

inline constexpr uint32_t kPeerFormat = 2;
inline constexpr size_t kFrameHeaderBytes = 8;
inline constexpr size_t kMaxFrameBytes = 64 << 20;       // reliability.md section 7
inline constexpr size_t kMaxEntriesPerAppend = 1 << 16;  // bounds what a small frame can become in memory

// False, and nothing is appended, when the frame is beyond a limit.
bool append_frame(std::string& to, const Frame& frame);
void append_keep_alive(std::string& to);

// Takes a stream apart, in whatever pieces it comes. Holds the part of a frame that has arrived, and never more than
// `max_frame_bytes`; what a length claims is not believed before the bytes are there.
class FrameReader {
 public:
  explicit FrameReader(size_t max_frame_bytes = kMaxFrameBytes) : max_frame_bytes_(max_frame_bytes) {}

  // Appends the frames that `piece` completes. Errors: kCorrupt; the stream is worth nothing from there.
  Result<void> feed(Bytes piece, std::vector<Frame>& into);
  size_t held_bytes() const { return partial_.size(); }

 private:
  Result<size_t> missing_bytes(Bytes have) const;
  Result<void> take_frames(Bytes& from, std::vector<Frame>& into) const;

  const size_t max_frame_bytes_;
  std::string partial_;  // of one frame
};

}  // namespace viaduct::peer
