// The tail rule of CC-6 row by row, on logs that were damaged by hand.
#include "wal/tail.h"

#include <functional>

#include "test/wal/log_support.h"
#include "wal/frame.h"
#include "wal/frame_builder.h"

namespace viaduct::wal {
namespace {

constexpr uint64_t kFrames = 3;

// One segment with three frames of two entries each; the last covers more than four sectors, and its entries lie across
// their borders.
struct Example {
  std::string content;
  std::vector<uint64_t> starts, ends;  // of the frames

  uint64_t start() const { return starts.back(); }
  uint64_t end() const { return ends.back(); }
  // As it was written behind a frame.
  std::string end_mark(uint64_t frame) const {
    const auto header = decode_frame_header(Bytes(content).substr(starts[frame]));
    return encode_end_mark({header->salt, header->number + 1, header->previous_crc});
  }
  uint64_t sector(uint64_t number) const { return start() / kSectorBytes * kSectorBytes + number * kSectorBytes; }
};

Example example(bool has_end_mark = false) {
  FakeDisk disk;
  SeededRandom random(5);
  const auto wal = create(disk, random);
  append_synced(*wal, entries(1, 3, 1, 30), hard_state(1, 1, 0));
  append_synced(*wal, entries(3, 5, 1, 30), hard_state(1, 1, 4));
  append_synced(*wal, entries(5, 7, 1, 1000));
  if (has_end_mark) must(wal->write_end_mark());
  Example made{content_of(disk, 1), {}, {}};
  uint64_t offset = kFirstFrameOffset;
  for (uint64_t frame = 0; frame < kFrames; ++frame) {
    const auto header = decode_frame_header(Bytes(made.content).substr(offset));
    REQUIRE(header);
    made.starts.push_back(offset);
    made.ends.push_back(offset + header->bytes);
    offset = frame_offset_after(made.ends.back());
  }
  REQUIRE(made.end() > made.sector(4));
  return made;
}

Result<Wal::Opened> open_damaged(FakeDisk& disk, Random& random, Bytes content) {
  if (!must(disk.exists(kDirectory))) must(disk.create_directory(kDirectory));
  replace_segment(disk, 1, content);
  return Wal::open(disk, kDirectory, small_options(), random);
}

enum class Outcome { kWhole, kCut, kLoss };

// Known bug: RB-28.
TEST_CASE("an unfinished write is cut, and anything else that is wrong at the tail is loss") {
  struct Case {
    std::string name;
    std::function<void(Example&)> damage;
    Outcome outcome;
    uint64_t last;  // index kept
  };
  const Case cases[] = {
      {"intact", [](Example&) {}, Outcome::kWhole, 6},
      {"never written", [](Example& e) { fill(e.content, e.start(), e.end(), 0); }, Outcome::kWhole, 4},
      {"the header's sector lost", [](Example& e) { fill(e.content, e.start(), e.sector(1), 0); }, Outcome::kCut, 4},
      {"the header's sector lost, garbage in the rest",
       [](Example& e) {
         fill(e.content, e.start(), e.sector(1), 0);
         fill(e.content, e.sector(1), e.end(), '?');
       },
       Outcome::kCut, 4},
      {"a sector in the middle lost", [](Example& e) { fill(e.content, e.sector(2), e.sector(3), 0); }, Outcome::kCut,
       4},
      {"the last sector lost", [](Example& e) { fill(e.content, e.sector(4), e.end(), 0); }, Outcome::kCut, 4},
      {"all but the header's sector lost", [](Example& e) { fill(e.content, e.sector(1), e.end(), 0); }, Outcome::kCut,
       4},
      {"all but the last sector lost", [](Example& e) { fill(e.content, e.start(), e.sector(4), 0); }, Outcome::kCut,
       4},
      {"file ends at the frame", [](Example& e) { e.content.resize(e.start()); }, Outcome::kLoss, 0},
      {"file ends at a sector of the frame", [](Example& e) { e.content.resize(e.sector(3)); }, Outcome::kLoss, 0},
      {"file ends after the frame", [](Example& e) { e.content.resize(e.end()); }, Outcome::kLoss, 0},
      {"a lost sector, and another with garbage, in one record",
       [](Example& e) {
         fill(e.content, e.sector(1), e.sector(2), 0);
         e.content[e.sector(1) - 8] = '?';
       },
       Outcome::kCut, 4},
      {"only the first bytes of the header", [](Example& e) { fill(e.content, e.start() + 3, e.end(), 0); },
       Outcome::kCut, 4},
      {"only the header", [](Example& e) { fill(e.content, e.start() + kFrameHeaderBytes, e.end(), 0); }, Outcome::kCut,
       4},
      {"cut short within a sector", [](Example& e) { fill(e.content, e.end() - 70, e.end(), 0); }, Outcome::kCut, 4},
      {"cut short of the last crc", [](Example& e) { fill(e.content, e.end() - 4, e.end(), 0); }, Outcome::kCut, 4},
      {"an end mark cut short", [](Example& e) { e.content.replace(frame_offset_after(e.end()), 6, "VENDxx"); },
       Outcome::kCut, 6},
      {"as short, but no beginning of a frame",
       [](Example& e) { e.content.replace(frame_offset_after(e.end()), 6, "VENTxx"); }, Outcome::kLoss, 0},
      {"garbage in a sector", [](Example& e) { fill(e.content, e.sector(2), e.sector(3), '?'); }, Outcome::kLoss, 0},
      {"a lost sector in one record, a bit flipped in the one before it",
       [](Example& e) {
         fill(e.content, e.sector(3), e.sector(4), 0);
         e.content[e.start() + 100] = '?';
       },
       Outcome::kLoss, 0},
      {"garbage in the header", [](Example& e) { fill(e.content, e.start(), e.start() + 8, '?'); }, Outcome::kLoss, 0},
      {"garbage right behind the last frame", [](Example& e) { e.content[e.end() + 20] = '?'; }, Outcome::kLoss, 0},
      {"garbage a sector behind the last frame", [](Example& e) { e.content[e.end() + 600] = '?'; }, Outcome::kCut, 6},
      {"an earlier frame's sector lost, the last one there",
       [](Example& e) { fill(e.content, e.starts[1], e.starts[2], 0); }, Outcome::kLoss, 0},
      {"an earlier frame bent", [](Example& e) { e.content[e.starts[1] + 90] = '?'; }, Outcome::kLoss, 0},
      {"two frames gone, the later one but for its header",
       [](Example& e) {
         fill(e.content, e.starts[1], e.starts[2], 0);
         fill(e.content, e.sector(1), e.end(), 0);
       },
       Outcome::kLoss, 0},
      {"the frame at a wrong place",
       [](Example& e) {
         const std::string frame = e.content.substr(e.start(), e.end() - e.start());
         fill(e.content, e.start(), e.end(), 0);
         e.content.replace(e.sector(3), frame.size(), frame);
       },
       Outcome::kLoss, 0},
      {"an earlier frame again, sectors behind the last one",
       [](Example& e) {
         const std::string frame = e.content.substr(e.starts[1], e.ends[1] - e.starts[1]);
         e.content.replace(e.sector(6), frame.size(), frame);
       },
       Outcome::kCut, 6},
      {"an earlier end mark, sectors behind the last frame",
       [](Example& e) { e.content.replace(e.sector(6), kEndMarkBytes, e.end_mark(1)); }, Outcome::kCut, 6},
      {"an earlier end mark right behind the last frame",
       [](Example& e) { e.content.replace(frame_offset_after(e.end()), kEndMarkBytes, e.end_mark(1)); }, Outcome::kCut,
       6},
      {"another log's end mark, sectors behind the last frame",
       [](Example& e) {
         e.content.replace(e.sector(6), kEndMarkBytes, encode_end_mark({77, 100, 5}));
       },
       Outcome::kCut, 6},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Example damaged = example();
    c.damage(damaged);
    FakeDisk disk;
    SeededRandom random(1);
    const auto opened = open_damaged(disk, random, damaged.content);
    if (c.outcome == Outcome::kLoss) {
      REQUIRE(!opened);
      CHECK(opened.error().code == Code::kCorrupt);
      CHECK(opened.error().message.find("0000000000000001.wal at offset ") != std::string::npos);
      continue;
    }
    REQUIRE(opened);
    CHECK(opened->tail_cut.has_value() == (c.outcome == Outcome::kCut));
    CHECK(all_entries(*opened->wal).size() == c.last);
    CHECK(opened->wal->last_index() == Index(c.last));
  }
}

TEST_CASE("an end mark proves the frame before it: damage to that frame is loss") {
  const Example whole = example(true);
  struct Case {
    std::string name;
    uint64_t from, to;
  };
  for (const Case& c : {Case{"the header's sector lost", whole.start(), whole.sector(1)},
                        Case{"a sector in the middle lost", whole.sector(2), whole.sector(3)},
                        Case{"the last sector lost, to the mark", whole.sector(4), whole.end()},
                        Case{"all lost", whole.start(), whole.end()}}) {
    CAPTURE(c.name);
    std::string content = whole.content;
    fill(content, c.from, c.to, 0);
    FakeDisk disk;
    SeededRandom random(1);
    const auto opened = open_damaged(disk, random, content);
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::kCorrupt);
  }
}

TEST_CASE("a frame lost but for its later sectors leaves the end mark that it was to replace") {
  const Example whole = example();
  std::string content = whole.content;
  fill(content, whole.start(), whole.sector(1), 0);
  const auto header = decode_frame_header(Bytes(whole.content).substr(whole.start()));
  const Chain before{header->salt, header->number, header->previous_crc};
  content.replace(whole.start(), kEndMarkBytes, encode_end_mark(before));
  FakeDisk disk;
  SeededRandom random(1);
  const auto opened = open_damaged(disk, random, content);
  REQUIRE(opened);
  REQUIRE(opened->tail_cut);
  CHECK(opened->tail_cut->offset == whole.start());
  CHECK(opened->tail_cut->bytes == whole.end() - whole.start());
  CHECK(all_entries(*opened->wal) == entries(1, 5, 1, 30));
}

// Known bug: RB-30.
TEST_CASE("every byte flipped is found, wherever it is") {
  for (const bool has_end_mark : {false, true}) {
    const Example whole = example(has_end_mark);
    for (uint64_t frame = 0; frame < kFrames; ++frame) {
      for (uint64_t at = whole.starts[frame]; at < whole.ends[frame]; ++at) {
        std::string content = whole.content;
        content[at] = static_cast<char>(content[at] ^ 0x10);
        FakeDisk disk;
        SeededRandom random(1);
        const auto opened = open_damaged(disk, random, content);
        if (opened || opened.error().code != Code::kCorrupt) {
          CAPTURE(at);
          FAIL("a flipped byte went unseen");
        }
      }
    }
  }
}

TEST_CASE("every byte of the segment's header flipped is found") {
  const Example whole = example();
  for (uint64_t at = 0; at < kSegmentHeaderBytes; ++at) {
    CAPTURE(at);
    std::string content = whole.content;
    content[at] = static_cast<char>(content[at] ^ 1);
    FakeDisk disk;
    SeededRandom random(1);
    const auto opened = open_damaged(disk, random, content);
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::kCorrupt);
  }
}

// It was made with its whole length, synced, before its first frame (CC-2): no power cut takes that.
TEST_CASE("a file shorter than it was made is loss, wherever it ends") {
  const Example whole = example();
  for (uint64_t length = 0; length < whole.content.size(); ++length) {
    CAPTURE(length);
    FakeDisk disk;
    SeededRandom random(1);
    const auto opened = open_damaged(disk, random, Bytes(whole.content).substr(0, length));
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::kCorrupt);
  }
}

TEST_CASE("frames of another salt are never taken for this log's") {
  const Example whole = example();
  FakeDisk other_disk;
  SeededRandom random(77);
  const auto other = create(other_disk, random);
  append_synced(*other, entries(1, 3, 1, 30), hard_state(1, 1, 0));
  append_synced(*other, entries(3, 5, 1, 30), hard_state(1, 1, 4));
  append_synced(*other, entries(5, 7, 1, 1000));
  const std::string stale = content_of(other_disk, 1).substr(whole.start(), whole.end() - whole.start());
  struct Case {
    std::string name;
    uint64_t at;
    bool is_loss;
  };
  for (const Case& c : {Case{"in place of the last frame", whole.start(), true},
                        Case{"right behind the last frame", frame_offset_after(whole.end()), true},
                        Case{"sectors behind the last frame", whole.sector(6), false}}) {
    CAPTURE(c.name);
    std::string content = whole.content;
    content.resize(std::max<uint64_t>(content.size(), c.at + stale.size()));
    content.replace(c.at, stale.size(), stale);
    FakeDisk disk;
    const auto opened = open_damaged(disk, random, content);
    CHECK(opened.has_value() == !c.is_loss);
    if (opened) CHECK(opened->wal->last_index() == Index(6));
  }
}

// Known bug: RB-30.
TEST_CASE("frames with good checksums that break a rule of the log are loss") {
  struct Case {
    std::string name;
    std::vector<Entry> entries;
    HardState hard_state;
    uint64_t first, last;  // as the header says
  };
  for (const Case& c : {Case{"good", entries(7, 9), hard_state(1, 1, 8), 7, 8},
                        Case{"a commit beyond the last entry", entries(7, 9), hard_state(1, 1, 9), 7, 8},
                        Case{"a commit that falls", entries(7, 9), hard_state(1, 1, 3), 7, 8},
                        Case{"a term that falls", entries(7, 9), hard_state(0, 0, 8), 7, 8},
                        Case{"a gap", entries(8, 9), hard_state(1, 1, 4), 8, 8},
                        Case{"a committed entry replaced", entries(4, 5, 2), hard_state(2, 1, 4), 4, 4},
                        Case{"entries twice", {entry(7), entry(7, 2)}, hard_state(2, 1, 4), 7, 7},
                        Case{"fewer entries than the header says", entries(7, 9), hard_state(1, 1, 4), 7, 9},
                        Case{"other entries than the header says", entries(7, 9), hard_state(1, 1, 4), 8, 9}}) {
    CAPTURE(c.name);
    const Example whole = example();
    const auto header = decode_frame_header(Bytes(whole.content).substr(whole.start()));
    Records records;
    decode_records(Bytes(whole.content).substr(whole.start()), *header, records);
    uint64_t bytes = kFrameHeaderBytes + FrameBuilder::kHardStateBytes;
    for (const Entry& e : c.entries) bytes += FrameBuilder::record_bytes(e);
    FrameBuilder builder;
    builder.start({header->salt, header->number + 1, records.crc}, Index(c.first), Index(c.last), bytes);
    for (const Entry& e : c.entries) builder.add(e);
    builder.add(c.hard_state);
    std::string content = whole.content;
    content.replace(frame_offset_after(whole.end()), bytes, builder.bytes());
    FakeDisk disk;
    SeededRandom random(1);
    const auto opened = open_damaged(disk, random, content);
    CHECK(opened.has_value() == (c.name == "good"));
    if (!opened) CHECK(opened.error().code == Code::kCorrupt);
  }
}

}  // namespace
}  // namespace viaduct::wal
