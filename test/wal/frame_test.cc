#include "wal/frame.h"

#include "test/wal/log_support.h"
#include "wal/frame_builder.h"

namespace viaduct::wal {
namespace {

const Chain kChain{0x1122334455667788, 42, 0xcafe};

std::string flipped(std::string bytes, size_t at, int bit) {
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
  return bytes;
}

std::string frame_of_three() {
  FrameBuilder builder;
  const Entry first = entry(8, 3, 5);
  const Entry second{Term(4), Index(9), EntryType::kConfiguration, ""};
  const uint64_t bytes = kFrameHeaderBytes + FrameBuilder::record_bytes(first) + FrameBuilder::record_bytes(second) +
                         FrameBuilder::kHardStateBytes;
  builder.start(kChain, first.index, second.index, bytes);
  builder.add(first);
  builder.add(second);
  builder.add(hard_state(4, 6, 7));
  return std::string(builder.bytes());
}

bool is_whole(Bytes frame) {
  const auto header = decode_frame_header(frame);
  if (!header || !continues(*header, kChain)) return false;
  Records records;
  decode_records(frame, *header, records);
  return records.whole_bytes == header->bytes;
}

TEST_CASE("a frame reads back as it was built") {
  const std::string frame = frame_of_three();
  const auto header = decode_frame_header(frame);
  REQUIRE(header);
  CHECK(continues(*header, kChain));
  CHECK(header->bytes == frame.size());
  CHECK(header->first == Index(8));
  CHECK(header->last == Index(9));
  Records records;
  decode_records(frame, *header, records);
  REQUIRE(records.list.size() == 3);
  CHECK(records.whole_bytes == frame.size());
  CHECK(entry_of(records.list[0]) == entry(8, 3, 5));
  CHECK(entry_of(records.list[1]) == Entry{Term(4), Index(9), EntryType::kConfiguration, ""});
  CHECK(!is_entry(records.list[2]));
  CHECK(hard_state_of(records.list[2]) == hard_state(4, 6, 7));
}

TEST_CASE("a frame with any bit flipped, or cut at any length, is not whole") {
  const std::string frame = frame_of_three();
  REQUIRE(is_whole(frame));
  REQUIRE(is_whole(frame + "what is behind does not matter"));
  for (size_t at = 0; at < frame.size(); ++at) {
    CAPTURE(at);
    for (int bit = 0; bit < 8; ++bit) CHECK(!is_whole(flipped(frame, at, bit)));
    CHECK(!is_whole(Bytes(frame).substr(0, at)));
  }
}

TEST_CASE("a frame continues only the salt, number and crc that it was built on") {
  const auto header = decode_frame_header(frame_of_three());
  REQUIRE(header);
  for (const Chain& other : {Chain{kChain.salt + 1, 42, 0xcafe}, Chain{kChain.salt, 41, 0xcafe},
                             Chain{kChain.salt, 43, 0xcafe}, Chain{kChain.salt, 42, 0xcaff}}) {
    CHECK(!continues(*header, other));
  }
}

TEST_CASE("an end mark names the frame before it and shows any flipped bit") {
  const std::string bytes = encode_end_mark(kChain);
  const auto mark = decode_end_mark(bytes);
  REQUIRE(mark);
  CHECK(mark->number == kChain.next_frame - 1);
  CHECK(names_end(*mark, kChain));
  CHECK(!names_end(*mark, Chain{kChain.salt, kChain.next_frame + 1, kChain.crc}));
  CHECK(!names_end(*mark, Chain{kChain.salt + 1, kChain.next_frame, kChain.crc}));
  CHECK(!names_end(*mark, Chain{kChain.salt, kChain.next_frame, kChain.crc + 1}));
  for (size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    for (int bit = 0; bit < 8; ++bit) CHECK(!decode_end_mark(flipped(bytes, at, bit)));
    CHECK(!decode_end_mark(Bytes(bytes).substr(0, at)));
  }
}

TEST_CASE("a segment header reads back as written and shows any flipped bit") {
  SegmentHeader header;
  header.sequence = 3;
  header.bytes = 4096;
  header.salt = 0xabcdef;
  header.identity = {ClusterId(1), MemberId(2)};
  header.next_frame = 77;
  header.last = {Index(10), Term(4)};
  header.hard_state = hard_state(5, 6, 7);
  header.mark = mark_at(8, 3);
  header.previous_crc = 0x99;
  const std::string bytes = encode_segment_header(header);
  const auto decoded = decode_segment_header(bytes);
  REQUIRE(std::holds_alternative<SegmentHeader>(decoded));
  CHECK(encode_segment_header(std::get<SegmentHeader>(decoded)) == bytes);
  CHECK(std::get<SegmentHeader>(decoded).mark == header.mark);
  CHECK(chain_after(header).next_frame == 77);
  for (size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    for (int bit = 0; bit < 8; ++bit) {
      CHECK(std::holds_alternative<HeaderFault>(decode_segment_header(flipped(bytes, at, bit))));
    }
    CHECK(std::holds_alternative<HeaderFault>(decode_segment_header(Bytes(bytes).substr(0, at))));
  }
}

TEST_CASE("a frame starts aligned, and where its header does not cross a sector border") {
  struct Case {
    uint64_t end, start;
  };
  for (const Case& c : {Case{512, 512}, Case{513, 520}, Case{520, 520}, Case{976, 976}, Case{977, 1024},
                        Case{983, 1024}, Case{1023, 1024}, Case{1024, 1024}}) {
    CAPTURE(c.end);
    CHECK(frame_offset_after(c.end) == c.start);
  }
}

}  // namespace
}  // namespace viaduct::wal
