#include "peer/frame_codec.h"

#include <doctest/doctest.h>

#include <limits>

namespace viaduct::peer {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

struct Named {
  const char* name;
  Frame frame;
};

Frame raft_frame(raft::MessageBody body) {
  return RaftFrame{{MemberId(0xa1), MemberId(kMost), Term(7), 0x1234567890abcdef, std::move(body)}, 1'700'000};
}

EntryPtr entry(uint64_t term, uint64_t index, std::string data, EntryType type = EntryType::kCommand) {
  return std::make_shared<Entry>(Entry{Term(term), Index(index), type, std::move(data)});
}

raft::AppendRequest append_of(std::vector<EntryPtr> entries, uint64_t previous = 41) {
  return {{Index(previous), Term(6)}, std::move(entries), Index(40)};
}

std::vector<Named> every_kind() {
  return {
      {"pre-vote", raft_frame(raft::PreVoteRequest{{Index(5), Term(3)}})},
      {"pre-vote granted", raft_frame(raft::PreVoteReply{true, {Index(4), Term(3)}})},
      {"pre-vote refused", raft_frame(raft::PreVoteReply{false, {Index(kMost), Term(kMost)}})},
      {"vote", raft_frame(raft::VoteRequest{{Index(kMost), Term(kMost)}, false})},
      {"vote in a transfer", raft_frame(raft::VoteRequest{{Index(5), Term(3)}, true})},
      {"vote granted", raft_frame(raft::VoteReply{true, {Index(4), Term(3)}})},
      {"empty append", raft_frame(append_of({}))},
      {"append", raft_frame(append_of({entry(6, 42, ""), entry(7, 43, std::string("\0\xff", 2)),
                                       entry(7, 44, std::string(70'000, 'x'), EntryType::kConfiguration)}))},
      {"append accepted", raft_frame(raft::AppendReply{true, Index(9), {}, false})},
      {"append rejected", raft_frame(raft::AppendReply{false, Index(9), {Index(8), Term(2)}, true})},
      {"heartbeat", raft_frame(raft::Heartbeat{Index(9), raft::Round(11), kMost})},
      {"heartbeat reply", raft_frame(raft::HeartbeatReply{raft::Round(11)})},
      {"timeout now", raft_frame(raft::TimeoutNow{})},
      {"forwarded", ForwardedCommand{3, Term(7), EntryType::kConfiguration, "command"}},
      {"forwarded empty", ForwardedCommand{kMost, Term(0), EntryType::kCommand, ""}},
      {"refused", ForwardRefused{3, Term(7), ForwardRefused::kNotLeader, "not the leader"}},
      {"read index", ReadIndexRequest{kMost}},
      {"read index answered", ReadIndexReply{4, Index(12)}},
      {"read index of an empty log", ReadIndexReply{4, Index(0)}},
      {"read index refused", ReadIndexReply{4, std::nullopt}},
      {"checkpoint", Checkpoint{Index(77), kMost}},
      {"log lost", LogLost{}},
  };
}

std::string encoded(const Frame& frame) {
  std::string bytes;
  REQUIRE(append_frame(bytes, frame));
  return bytes;
}

// Equal frames have equal bytes, since every field is in them.
bool same(const Frame& a, const Frame& b) { return a.index() == b.index() && encoded(a) == encoded(b); }

// A frame of whatever content, its header right.
std::string sealed(Bytes content) {
  std::string bytes;
  put_le32(bytes, static_cast<uint32_t>(content.size()));
  put_le32(bytes, crc32c(0, content));
  return bytes.append(content);
}

std::string raft_content(Bytes message) {
  std::string content("\x01", 1);
  content.append(24, '\x01').append("\x07\x09").append(message);
  return content;
}

TEST_CASE("every kind of frame comes back as it was") {
  for (const Named& c : every_kind()) {
    CAPTURE(c.name);
    std::vector<Frame> frames;
    REQUIRE(FrameReader().feed(encoded(c.frame), frames));
    REQUIRE(frames.size() == 1);
    CHECK(same(frames[0], c.frame));
  }
}

TEST_CASE("an append keeps what its entries are") {
  const Frame frame = raft_frame(append_of({entry(6, 42, "a"), entry(7, 43, "b", EntryType::kConfiguration)}));
  std::vector<Frame> frames;
  REQUIRE(FrameReader().feed(encoded(frame), frames));
  const auto& got = std::get<raft::AppendRequest>(std::get<RaftFrame>(frames.at(0)).message.body);
  REQUIRE(got.entries.size() == 2);
  CHECK(*got.entries[0] == Entry{Term(6), Index(42), EntryType::kCommand, "a"});
  CHECK(*got.entries[1] == Entry{Term(7), Index(43), EntryType::kConfiguration, "b"});
}

TEST_CASE("a stream may come in pieces of any size") {
  std::string bytes;
  for (const Named& c : every_kind()) {
    bytes += encoded(c.frame);
    append_keep_alive(bytes);
  }
  for (const size_t size : {1, 2, 3, 7, 8, 9, 64, 4096, 1 << 20}) {
    CAPTURE(size);
    FrameReader reader;
    std::vector<Frame> frames;
    for (size_t at = 0; at < bytes.size(); at += size) REQUIRE(reader.feed(Bytes(bytes).substr(at, size), frames));
    CHECK(reader.held_bytes() == 0);
    std::string again;
    for (const Frame& frame : frames) {
      again += encoded(frame);
      append_keep_alive(again);
    }
    CHECK(again == bytes);
  }
}

TEST_CASE("a flipped bit anywhere gives no frame") {
  for (const Named& c : every_kind()) {
    if (std::string_view(c.name) == "append") continue;  // 70,000 bytes of the same
    CAPTURE(c.name);
    const std::string bytes = encoded(c.frame);
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      std::vector<Frame> frames;
      FrameReader reader;
      const bool read = reader.feed(damaged, frames).has_value();
      CHECK(frames.empty());
      CHECK((!read || reader.held_bytes() > 0));
    }
  }
}

TEST_CASE("part of a frame is waited for, however it is cut") {
  for (const Named& c : every_kind()) {
    if (std::string_view(c.name) == "append") continue;
    CAPTURE(c.name);
    const std::string bytes = encoded(c.frame);
    for (size_t size = 0; size < bytes.size(); ++size) {
      FrameReader reader;
      std::vector<Frame> frames;
      CHECK(reader.feed(Bytes(bytes).substr(0, size), frames));
      CHECK(frames.empty());
      CHECK(reader.held_bytes() == size);
    }
  }
}

TEST_CASE("content of another length than its parts is refused") {
  for (const Named& c : every_kind()) {
    CAPTURE(c.name);
    const std::string content = encoded(c.frame).substr(kFrameHeaderBytes);
    const bool ends_open =
        std::holds_alternative<ForwardedCommand>(c.frame) || std::holds_alternative<ForwardRefused>(c.frame);
    std::vector<Frame> frames;
    if (!ends_open) CHECK_FALSE(FrameReader().feed(sealed(content + "x"), frames));
    const size_t fixed = ends_open ? 2 : content.size();
    for (size_t size = 1; size < std::min<size_t>(fixed, 200); ++size) {
      CHECK_FALSE(FrameReader().feed(sealed(content.substr(0, size)), frames));
    }
    CHECK(frames.empty());
  }
}

TEST_CASE("what no member would say is refused") {
  struct Case {
    const char* name;
    std::string bytes;
  };
  std::string huge_count("\x04\x01\x01\x01", 4);
  put_varint(huge_count, uint64_t{1} << 62);
  std::string wrapping("\x04", 1);
  put_varint(wrapping, kMost);
  wrapping.append("\x01\x01\x01", 3).append("\x01\x00\x00", 3);
  std::string long_entry("\x04\x01\x01\x01\x01\x01", 6);
  long_entry.append(1, '\0');
  put_varint(long_entry, uint64_t{1} << 40);
  std::string over_limit;
  put_le32(over_limit, kMaxFrameBytes + 1);
  over_limit.append(4, '\0');
  const std::vector<Case> cases = {
      {"an empty frame", std::string(8, '\0')},
      {"a length beyond the limit", over_limit},
      {"an unknown type", sealed("\x08")},
      {"an unknown message", sealed(raft_content("\x09"))},
      {"an unknown entry type", sealed(raft_content(Bytes("\x04\x01\x01\x01\x01\x01\x02\x00", 8)))},
      {"more entries than bytes", sealed(raft_content(huge_count))},
      {"indexes beyond the last", sealed(raft_content(wrapping))},
      {"an entry longer than its frame", sealed(raft_content(long_entry))},
      {"a keep-alive with more", sealed(Bytes("\0\0", 2))},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    std::vector<Frame> frames;
    const Result<void> read = FrameReader().feed(c.bytes, frames);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::kCorrupt);
    CHECK(frames.empty());
  }
}

TEST_CASE("a reader's own limit is kept to the byte") {
  const std::string bytes = encoded(ForwardedCommand{1, Term(1), EntryType::kCommand, std::string(1000, 'x')});
  const size_t content = bytes.size() - kFrameHeaderBytes;
  std::vector<Frame> frames;
  CHECK(FrameReader(content).feed(bytes, frames));
  CHECK(frames.size() == 1);
  CHECK_FALSE(FrameReader(content - 1).feed(bytes.substr(0, kFrameHeaderBytes), frames));
}

TEST_CASE("frames before the damage are handed out") {
  std::string bytes = encoded(ReadIndexRequest{1}) + encoded(ReadIndexRequest{2});
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  std::vector<Frame> frames;
  CHECK_FALSE(FrameReader().feed(bytes, frames));
  CHECK(frames.size() == 1);
}

TEST_CASE("a frame beyond the limits is not said at all") {
  std::string bytes = "before";
  const ForwardedCommand large{1, Term(1), EntryType::kCommand, std::string(kMaxFrameBytes, 'x')};
  CHECK_FALSE(append_frame(bytes, large));
  std::vector<EntryPtr> many(kMaxEntriesPerAppend + 1, entry(1, 1, ""));
  CHECK_FALSE(append_frame(bytes, raft_frame(append_of(many))));
  CHECK(bytes == "before");
  many.pop_back();
  CHECK(append_frame(bytes, raft_frame(append_of(many))));
}

TEST_CASE("a reader gives back what a large frame took") {
  const std::string bytes = encoded(ForwardedCommand{1, Term(1), EntryType::kCommand, std::string(3 << 20, 'x')});
  FrameReader reader;
  std::vector<Frame> frames;
  REQUIRE(reader.feed(Bytes(bytes).substr(0, bytes.size() / 2), frames));
  CHECK(reader.held_bytes() == bytes.size() / 2);
  REQUIRE(reader.feed(Bytes(bytes).substr(bytes.size() / 2), frames));
  CHECK(reader.held_bytes() == 0);
  CHECK(frames.size() == 1);
}

}  // namespace
}  // namespace viaduct::peer
