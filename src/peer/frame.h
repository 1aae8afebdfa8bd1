// What members say to each other over their links: raft's messages, and what the nodes settle among themselves (D8).
// The bytes are frame_codec.h's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/entry.h"
#include "base/ids.h"
#include "raft/message.h"

namespace viaduct::peer {

// Cluster time as the sender estimates it goes along, so that followers' clocks run between entries (D3).
struct RaftFrame {
  raft::Message message;
  uint64_t cluster_ms = 0;
};

// Follower to leader: append this for me, if you still lead in `term`. The answer is the entry itself, when the
// follower applies it: it bears the follower's id, incarnation and number.
struct ForwardedCommand {
  uint64_t id = 0;  // the command's origin_id
  Term term;
  EntryType type = EntryType::kCommand;
  std::string data;  // the entry's, its stamp still empty
};

// Leader to follower: that command was not appended, and never will be by this sending.
struct ForwardRefused {
  uint64_t id = 0;
  Term term;         // of the refused ForwardedCommand
  uint8_t kind = 0;  // kNotLeader, or a refusal to pass on to the client: its kind as the node numbers it
  std::string text;

  static constexpr uint8_t kNotLeader = 0xff;  // or not in that term: ask the leader of the next
};

// Follower to leader: an index at which a read is linearizable, please (RF-3). Tokens are the asking member's, unique
// and rising.
struct ReadIndexRequest {
  uint64_t token = 0;
};
struct ReadIndexReply {
  uint64_t token = 0;
  std::optional<Index> index;  // nothing: not the leader, or not any more
};

// The sender's running hash over all it has applied up to `index` (INV-A6).
struct Checkpoint {
  Index index;
  uint64_t chain = 0;
};

// Leader to follower: you do not have any more what you once acknowledged, so you have to be replaced (RB-38).
struct LogLost {};

using Frame =
    std::variant<RaftFrame, ForwardedCommand, ForwardRefused, ReadIndexRequest, ReadIndexReply, Checkpoint, LogLost>;

// Of entries, or to ask what arrived.
inline bool is_append(const Frame& frame) {
  const auto* const raft = std::get_if<RaftFrame>(&frame);
  return raft && std::holds_alternative<raft::AppendRequest>(raft->message.body);
}

// What a frame counts for against a queue's bound: the data in it, and something for itself.
inline size_t weight_of(const Frame& frame) {
  size_t bytes = sizeof(Frame);
  if (const auto* forwarded = std::get_if<ForwardedCommand>(&frame)) bytes += forwarded->data.size();
  if (const auto* raft = std::get_if<RaftFrame>(&frame)) {
    if (const auto* append = std::get_if<raft::AppendRequest>(&raft->message.body)) {
      for (const EntryPtr& entry : append->entries) bytes += sizeof(Entry) + entry->data.size();
    }
  }
  return bytes;
}

}  // namespace viaduct::peer
