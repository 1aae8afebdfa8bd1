#include "peer/frame_codec.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace viaduct::peer {
namespace {

constexpr size_t kKeptBufferBytes = 2 << 20;  // a reader gives back what a larger frame took

enum class FrameType : uint8_t {
  kKeepAlive = 0,
  kRaft = 1,
  kForwardedCommand = 2,
  kForwardRefused = 3,
  kReadIndexRequest = 4,
  kReadIndexReply = 5,
  kCheckpoint = 6,
  kLogLost = 7,
};

enum class MessageType : uint8_t {
  kPreVoteRequest = 0,
  kPreVoteReply = 1,
  kVoteRequest = 2,
  kVoteReply = 3,
  kAppendRequest = 4,
  kAppendReply = 5,
  kHeartbeat = 6,
  kHeartbeatReply = 7,
  kTimeoutNow = 8,
};

constexpr uint8_t kAccepted = 1;
constexpr uint8_t kQuarantined = 2;

// --- Writing

void put_u8(std::string& to, uint8_t value) { to.push_back(static_cast<char>(value)); }
template <typename Enum>
void put_type(std::string& to, Enum type) {
  put_u8(to, static_cast<uint8_t>(type));
}
template <typename Tag>
void put(std::string& to, Id<Tag> id) {
  put_varint(to, id.value);
}
void put(std::string& to, const raft::EntryId& id) {
  put(to, id.index);
  put(to, id.term);
}

void put_body(std::string& to, const raft::PreVoteRequest& request) {
  put_type(to, MessageType::kPreVoteRequest);
  put(to, request.last);
}
void put_body(std::string& to, const raft::PreVoteReply& reply) {
  put_type(to, MessageType::kPreVoteReply);
  put_u8(to, reply.granted);
  put(to, reply.commit);
}
void put_body(std::string& to, const raft::VoteRequest& request) {
  put_type(to, MessageType::kVoteRequest);
  put(to, request.last);
  put_u8(to, request.transfer);
}
void put_body(std::string& to, const raft::VoteReply& reply) {
  put_type(to, MessageType::kVoteReply);
  put_u8(to, reply.granted);
  put(to, reply.commit);
}
void put_body(std::string& to, const raft::AppendRequest& request) {
  put_type(to, MessageType::kAppendRequest);
  put(to, request.previous);
  put(to, request.commit);
  put_varint(to, request.entries.size());
  for (const EntryPtr& entry : request.entries) {
    put(to, entry->term);
    put_type(to, entry->type);
    put_length_prefixed(to, entry->data);
  }
}
void put_body(std::string& to, const raft::AppendReply& reply) {
  put_type(to, MessageType::kAppendReply);
  put_u8(to, static_cast<uint8_t>((reply.accepted ? kAccepted : 0) | (reply.quarantined ? kQuarantined : 0)));
  put(to, reply.index);
  put(to, reply.hint);
}
void put_body(std::string& to, const raft::Heartbeat& heartbeat) {
  put_type(to, MessageType::kHeartbeat);
  put(to, heartbeat.commit);
  put(to, heartbeat.round);
  put_le64(to, heartbeat.released);
}
void put_body(std::string& to, const raft::HeartbeatReply& reply) {
  put_type(to, MessageType::kHeartbeatReply);
  put(to, reply.round);
}
void put_body(std::string& to, const raft::TimeoutNow&) { put_type(to, MessageType::kTimeoutNow); }

void put_content(std::string& to, const RaftFrame& frame) {
  const raft::Message& message = frame.message;
  put_type(to, FrameType::kRaft);
  put_le64(to, message.from.value);
  put_le64(to, message.to.value);
  put_le64(to, message.incarnation);
  put(to, message.term);
  put_varint(to, frame.cluster_ms);
  std::visit([&](const auto& body) { put_body(to, body); }, message.body);
}
void put_content(std::string& to, const ForwardedCommand& command) {
  put_type(to, FrameType::kForwardedCommand);
  put_varint(to, command.id);
  put(to, command.term);
  put_type(to, command.type);
  to.append(command.data);
}
void put_content(std::string& to, const ForwardRefused& refused) {
  put_type(to, FrameType::kForwardRefused);
  put_varint(to, refused.id);
  put(to, refused.term);
  put_u8(to, refused.kind);
  to.append(refused.text);
}
void put_content(std::string& to, const ReadIndexRequest& request) {
  put_type(to, FrameType::kReadIndexRequest);
  put_varint(to, request.token);
}
void put_content(std::string& to, const ReadIndexReply& reply) {
  put_type(to, FrameType::kReadIndexReply);
  put_varint(to, reply.token);
  put_u8(to, reply.index.has_value());
  put(to, reply.index.value_or(Index(0)));
}
void put_content(std::string& to, const Checkpoint& checkpoint) {
  put_type(to, FrameType::kCheckpoint);
  put(to, checkpoint.index);
  put_le64(to, checkpoint.chain);
}
void put_content(std::string& to, const LogLost&) { put_type(to, FrameType::kLogLost); }

void store_le32(char* at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(value >> (8 * i));
}

// Writes the header in front of the content that begins at `start` + kFrameHeaderBytes.
void seal(std::string& to, size_t start) {
  const Bytes content = Bytes(to).substr(start + kFrameHeaderBytes);
  const uint32_t crc = crc32c(0, content);
  store_le32(to.data() + start, static_cast<uint32_t>(content.size()));
  store_le32(to.data() + start + 4, crc);
}

bool has_too_many_entries(const Frame& frame) {
  const auto* const raft = std::get_if<RaftFrame>(&frame);
  const auto* const append = raft ? std::get_if<raft::AppendRequest>(&raft->message.body) : nullptr;
  return append && append->entries.size() > kMaxEntriesPerAppend;
}

// --- Reading: each take() leaves the reader not ok() when something is missing or has no meaning.

template <typename Tag>
void take(ByteReader& from, Id<Tag>& id) {
  id = Id<Tag>(from.take_varint());
}
void take(ByteReader& from, raft::EntryId& id) {
  take(from, id.index);
  take(from, id.term);
}
Bytes take_rest(ByteReader& from) { return from.take_bytes(from.rest().size()); }
bool take_flag(ByteReader& from) { return from.take_u8() != 0; }

std::optional<EntryType> take_entry_type(ByteReader& from) {
  switch (static_cast<EntryType>(from.take_u8())) {
    case EntryType::kCommand:
      return EntryType::kCommand;
    case EntryType::kConfiguration:
      return EntryType::kConfiguration;
  }
  return std::nullopt;
}

EntryPtr take_entry(ByteReader& from, Index index) {
  auto entry = std::make_shared<Entry>();
  entry->index = index;
  take(from, entry->term);
  const std::optional<EntryType> type = take_entry_type(from);
  if (!type) return nullptr;
  entry->type = *type;
  entry->data = from.take_length_prefixed();
  return from.ok() ? entry : nullptr;
}

std::optional<raft::MessageBody> take_append(ByteReader& from) {
  raft::AppendRequest request;
  take(from, request.previous);
  take(from, request.commit);
  const uint64_t count = from.take_varint();
  constexpr uint64_t kMinEntryBytes = 3;
  if (!from.ok() || count > kMaxEntriesPerAppend || count > from.rest().size() / kMinEntryBytes) return std::nullopt;
  if (request.previous.index.value > std::numeric_limits<uint64_t>::max() - count) return std::nullopt;
  request.entries.reserve(count);
  Index index = request.previous.index;
  for (uint64_t i = 0; i < count; ++i) {
    index = index.next();
    EntryPtr entry = take_entry(from, index);
    if (!entry) return std::nullopt;
    request.entries.push_back(std::move(entry));
  }
  return request;
}

std::optional<raft::MessageBody> take_body(ByteReader& from) {
  switch (static_cast<MessageType>(from.take_u8())) {
    case MessageType::kPreVoteRequest: {
      raft::PreVoteRequest request;
      take(from, request.last);
      return request;
    }
    case MessageType::kPreVoteReply: {
      raft::PreVoteReply reply;
      reply.granted = take_flag(from);
      take(from, reply.commit);
      return reply;
    }
    case MessageType::kVoteRequest: {
      raft::VoteRequest request;
      take(from, request.last);
      request.transfer = take_flag(from);
      return request;
    }
    case MessageType::kVoteReply: {
      raft::VoteReply reply;
      reply.granted = take_flag(from);
      take(from, reply.commit);
      return reply;
    }
    case MessageType::kAppendRequest:
      return take_append(from);
    case MessageType::kAppendReply: {
      raft::AppendReply reply;
      const uint8_t flags = from.take_u8();
      reply.accepted = (flags & kAccepted) != 0;
      reply.quarantined = (flags & kQuarantined) != 0;
      take(from, reply.index);
      take(from, reply.hint);
      return reply;
    }
    case MessageType::kHeartbeat: {
      raft::Heartbeat heartbeat;
      take(from, heartbeat.commit);
      take(from, heartbeat.round);
      heartbeat.released = from.take_le64();
      return heartbeat;
    }
    case MessageType::kHeartbeatReply: {
      raft::HeartbeatReply reply;
      take(from, reply.round);
      return reply;
    }
    case MessageType::kTimeoutNow:
      return raft::TimeoutNow{};
  }
  return std::nullopt;
}

std::optional<Frame> take_raft(ByteReader& from) {
  RaftFrame frame;
  raft::Message& message = frame.message;
  message.from = MemberId(from.take_le64());
  message.to = MemberId(from.take_le64());
  message.incarnation = from.take_le64();
  take(from, message.term);
  frame.cluster_ms = from.take_varint();
  if (!from.ok()) return std::nullopt;
  std::optional<raft::MessageBody> body = take_body(from);
  if (!body) return std::nullopt;
  message.body = *std::move(body);
  return frame;
}

std::optional<Frame> take_forwarded(ByteReader& from) {
  ForwardedCommand command;
  command.id = from.take_varint();
  take(from, command.term);
  const std::optional<EntryType> type = take_entry_type(from);
  if (!type) return std::nullopt;
  command.type = *type;
  command.data = take_rest(from);
  return command;
}

std::optional<Frame> take_refused(ByteReader& from) {
  ForwardRefused refused;
  refused.id = from.take_varint();
  take(from, refused.term);
  refused.kind = from.take_u8();
  refused.text = take_rest(from);
  return refused;
}

std::optional<Frame> take_read_index_reply(ByteReader& from) {
  ReadIndexReply reply;
  reply.token = from.take_varint();
  const bool has_index = take_flag(from);
  const Index index(from.take_varint());
  if (has_index) reply.index = index;
  return reply;
}

std::optional<Frame> take_checkpoint(ByteReader& from) {
  Checkpoint checkpoint;
  take(from, checkpoint.index);
  checkpoint.chain = from.take_le64();
  return checkpoint;
}

std::optional<Frame> take_frame(FrameType type, ByteReader& from) {
  switch (type) {
    case FrameType::kKeepAlive:
      return std::nullopt;
    case FrameType::kRaft:
      return take_raft(from);
    case FrameType::kForwardedCommand:
      return take_forwarded(from);
    case FrameType::kForwardRefused:
      return take_refused(from);
    case FrameType::kReadIndexRequest:
      return ReadIndexRequest{from.take_varint()};
    case FrameType::kReadIndexReply:
      return take_read_index_reply(from);
    case FrameType::kCheckpoint:
      return take_checkpoint(from);
    case FrameType::kLogLost:
      return LogLost{};
  }
  return std::nullopt;
}

bool is_keep_alive(Bytes content) { return content.size() == 1 && content[0] == 0; }

Error corrupt(const char* what) { return {Code::kCorrupt, std::string("peer stream: ") + what}; }

Result<void> decode_content(Bytes content, std::vector<Frame>& into) {
  if (is_keep_alive(content)) return {};
  ByteReader from(content);
  const auto type = static_cast<FrameType>(from.take_u8());
  std::optional<Frame> frame = take_frame(type, from);
  if (!frame || !from.done()) return corrupt("a frame without meaning");
  into.push_back(*std::move(frame));
  return {};
}

}  // namespace

bool append_frame(std::string& to, const Frame& frame) {
  const size_t start = to.size();
  if (has_too_many_entries(frame) || weight_of(frame) > kMaxFrameBytes) return false;
  to.append(kFrameHeaderBytes, '\0');
  std::visit([&](const auto& content) { put_content(to, content); }, frame);
  if (to.size() - start - kFrameHeaderBytes > kMaxFrameBytes) {
    to.resize(start);
    return false;
  }
  seal(to, start);
  return true;
}

void append_keep_alive(std::string& to) {
  const size_t start = to.size();
  to.append(kFrameHeaderBytes, '\0');
  put_type(to, FrameType::kKeepAlive);
  seal(to, start);
}

// How many bytes the frame at the front of `have` still wants, as far as can be told; 0: it is whole.
Result<size_t> FrameReader::missing_bytes(Bytes have) const {
  if (have.size() < kFrameHeaderBytes) return kFrameHeaderBytes - have.size();
  const uint32_t length = ByteReader(have).take_le32();
  if (length == 0) return corrupt("an empty frame");
  if (length > max_frame_bytes_) return corrupt("a frame beyond the limit");
  return length - std::min<size_t>(length, have.size() - kFrameHeaderBytes);
}

// Every whole frame at the front of `from`.
Result<void> FrameReader::take_frames(Bytes& from, std::vector<Frame>& into) const {
  for (;;) {
    VIADUCT_TRY_ASSIGN(missing, missing_bytes(from));
    if (missing > 0) return {};
    ByteReader header(from);
    const uint32_t length = header.take_le32();
    const uint32_t crc = header.take_le32();
    const Bytes content = header.take_bytes(length);
    if (crc32c(0, content) != crc) return corrupt("a damaged frame");
    VIADUCT_TRY(decode_content(content, into));
    from = header.rest();
  }
}

Result<void> FrameReader::feed(Bytes piece, std::vector<Frame>& into) {
  while (!partial_.empty()) {
    VIADUCT_TRY_ASSIGN(missing, missing_bytes(partial_));
    if (missing == 0) {
      Bytes whole = partial_;
      VIADUCT_TRY(take_frames(whole, into));
      assert(whole.empty());
      if (partial_.capacity() > kKeptBufferBytes) partial_ = std::string();
      partial_.clear();
    } else if (piece.empty()) {
      return {};
    } else {
      const Bytes more = piece.substr(0, missing);
      partial_.append(more);
      piece.remove_prefix(more.size());
    }
  }
  VIADUCT_TRY(take_frames(piece, into));
  partial_.assign(piece);
  return {};
}

}  // namespace viaduct::peer
