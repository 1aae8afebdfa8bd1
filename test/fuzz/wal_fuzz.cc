// A log as a crash, decay or a stranger leaves it. The first byte chooses: a history of a real log, then a power cut,
// and then perhaps damage that a checksum is sure to show (up to three bits, zeroed sectors, a lost end or file); or
// segments of any bytes. A power cut alone loses nothing that was synced. Whatever the damage, what is found is what
// the log once was, or loss; and what open() accepts it accepts again.
#include <cassert>
#include <cstdint>
#include <string>
#include <vector>

#include "test/fuzz/input.h"
#include "test/support/fake_disk.h"
#include "wal/format.h"
#include "wal/wal.h"

namespace viaduct::wal {
namespace {

const std::string kDirectory = "/wal";

Options options() {
  Options small;
  small.identity = Identity{ClusterId(0xc1), MemberId(0xa1)};
  small.segment_bytes = 4096;
  return small;
}

template <typename T>
T must(Result<T> result) {
  assert(result);
  return std::move(result).value();
}
void must(const Result<void>& result) { assert(result); }

// What a log holds, by what was asked of it.
struct Model {
  std::vector<Entry> log;  // entry i at i - 1
  HardState hard_state;
  Mark mark;

  bool is_held_by(const Wal& wal) const {
    if (wal.last_index() != Index(log.size()) || wal.hard_state() != hard_state || wal.last_mark() != mark)
      return false;
    if (wal.first_index() > mark.index.next()) return false;
    if (wal.first_index() > wal.last_index()) return true;
    for (const Entry& entry : must(wal.read(wal.first_index(), wal.last_index().next(), UINT64_MAX))) {
      if (entry != log[entry.index.value - 1]) return false;
    }
    return true;
  }
};

class History {
 public:
  explicit History(Disk& disk) : wal_(must(Wal::create(disk, kDirectory, options(), salts_))) {}

  void run(fuzz::Input& input) {
    for (uint64_t steps = input.below(40); steps > 0; --steps) step(input);
  }

  const std::vector<Model>& states() const { return states_; }  // in order, the first one empty
  size_t synced() const { return synced_; }                     // which of them certainly lasts

 private:
  void step(fuzz::Input& input) {
    switch (input.below(8)) {
      case 0:
        return sync();
      case 1:
        sync();
        return must(wal_->write_end_mark());
      case 2:
        return mark(input);
      case 3:
        return must(wal_->cut(Index(input.below(now_.mark.index.value + 1))));
      case 4:
        return must(wal_->prepare_spare());
      default:
        return append(input);
    }
  }

  // Small enough for one frame of a segment: what is split over two may be found half done.
  void append(fuzz::Input& input) {
    const uint64_t last = now_.log.size(), commit = now_.hard_state.commit.value;
    const bool replaces = last > commit && input.below(4) == 1;
    const uint64_t from = replaces ? commit + 1 + input.below(last - commit) : last + 1;
    if (replaces || input.below(8) == 1) ++term_;
    std::vector<EntryPtr> entries;
    const uint64_t count = replaces + input.below(4);
    const std::string data(input.below(4) == 1 ? 700 : input.byte(), 'd');
    now_.log.resize(from - 1);
    for (uint64_t index = from; index < from + count; ++index) {
      now_.log.push_back(Entry{Term(term_), Index(index), EntryType(input.below(2)), data + std::to_string(index)});
      entries.push_back(std::make_shared<const Entry>(now_.log.back()));
    }
    std::optional<HardState> hard_state;
    if (input.below(2) == 0) {
      const uint64_t room = now_.log.size() - std::min<uint64_t>(commit, now_.log.size());
      hard_state = now_.hard_state = HardState{Term(term_), MemberId(term_ % 3), Index(commit + input.below(room + 1))};
    }
    if (entries.empty() && !hard_state) return;
    if (now_.log.size() < commit) return;
    states_.push_back(now_);
    must(wal_->append(entries, hard_state));
  }

  void sync() {
    must(wal_->sync());
    synced_ = states_.size() - 1;
  }

  void mark(fuzz::Input& input) {
    const uint64_t low = now_.mark.index.value;
    const uint64_t room = now_.hard_state.commit.value - low;
    const Index index(low + input.below(room + 1));
    now_.mark = Mark{index, index == Index() ? Term() : must(wal_->term(index))};
    states_.push_back(now_);
    must(wal_->mark(now_.mark));
    synced_ = states_.size() - 1;
  }

  SeededRandom salts_{4};
  std::unique_ptr<Wal> wal_;
  uint64_t term_ = 1;
  Model now_;
  std::vector<Model> states_ = {Model{}};
  size_t synced_ = 0;
};

// Damage lasts: the power cuts that follow are not to take it back.
void overwrite(Disk& disk, const std::string& path, uint64_t offset, Bytes bytes) {
  const auto file = must(disk.open(path, OpenMode::kWrite));
  must(file->write_at(offset, bytes));
  must(file->sync());
}

void truncate(Disk& disk, const std::string& path, uint64_t bytes) {
  const auto file = must(disk.open(path, OpenMode::kWrite));
  must(file->truncate(bytes));
  must(file->sync());
}

void damage(Disk& disk, fuzz::Input& input) {
  const std::vector<uint64_t> segments = must(list_segments(disk, kDirectory));
  if (segments.empty()) return;
  const std::string path = segment_path(kDirectory, segments[input.below(segments.size())]);
  std::string content = must(read_file(disk, path, UINT64_MAX));
  const uint64_t sectors = content.size() / kSectorBytes;
  if (sectors == 0) return;
  const uint64_t sector = input.below(sectors) * kSectorBytes;
  switch (input.below(4)) {
    case 0:
      for (uint64_t bits = 1 + input.below(3); bits > 0; --bits) {
        const uint64_t at = sector + input.byte() * 2 + input.below(2);
        content[at] = static_cast<char>(content[at] ^ 1 << input.below(8));
      }
      return overwrite(disk, path, 0, content);
    case 1:
      return overwrite(disk, path, sector, std::string(kSectorBytes, '\0'));
    case 2:
      return truncate(disk, path, sector + 2 * input.byte());
    default:
      must(disk.remove(path));
      return must(disk.sync_directory(kDirectory));
  }
}

// Opened again, and again after a power cut, it is what it was.
void check_lasts(FakeDisk& disk, const Model& model) {
  SeededRandom random(5);
  const auto again = must(Wal::open(disk, kDirectory, options(), random));
  assert(!again.tail_cut && model.is_held_by(*again.wal));
  disk.crash(random);
  assert(model.is_held_by(*must(Wal::open(disk, kDirectory, options(), random)).wal));
}

void check_history(fuzz::Input& input) {
  FakeDisk disk;
  History history(disk);
  history.run(input);
  const auto image = disk.crash_image(input);
  const uint64_t damages = input.below(4);
  for (uint64_t i = 0; i < damages; ++i) damage(*image, input);

  SeededRandom random(6);
  const auto opened = Wal::open(*image, kDirectory, options(), random);
  if (!opened) {
    assert(damages > 0);
    assert(opened.error().code == Code::kCorrupt || opened.error().code == Code::kNotFound);
    return;
  }
  const std::vector<Model>& states = history.states();
  size_t found = states.size();
  while (found > 0 && !states[found - 1].is_held_by(*opened->wal)) --found;
  assert(found > 0);
  assert(damages > 0 || found - 1 >= history.synced());
  check_lasts(*image, states[found - 1]);
}

// What a log says of itself fits together, whoever wrote it.
Model model_of(const Wal& wal) {
  Model model{{}, wal.hard_state(), wal.last_mark()};
  assert(wal.hard_state().commit >= wal.last_mark().index && wal.hard_state().commit <= wal.last_index());
  assert(wal.first_index() <= wal.last_mark().index.next());
  if (wal.first_index() > wal.last_index()) return model;
  Index next = wal.first_index();
  Term term;
  for (Entry& entry : must(wal.read(next, wal.last_index().next(), UINT64_MAX))) {
    assert(entry.index == next && entry.term >= term && must(wal.term(next)) == entry.term);
    term = entry.term;
    next = next.next();
    model.log.push_back(std::move(entry));
  }
  assert(next == wal.last_index().next());
  return model;
}

bool operator==(const Model& a, const Model& b) {
  return a.log == b.log && a.hard_state == b.hard_state && a.mark == b.mark;
}

void put_segment(Disk& disk, uint64_t sequence, Bytes content) {
  must(must(disk.open(segment_path(kDirectory, sequence), OpenMode::kCreate))->write_at(0, content));
}

void check_any_bytes(fuzz::Input& input) {
  FakeDisk disk;
  must(disk.create_directory(kDirectory));
  const Bytes first = input.bytes(kFirstFrameOffset + 2 * input.byte());
  put_segment(disk, 1, first);
  if (!input.empty()) put_segment(disk, 2, input.rest());
  SeededRandom random(6);
  const auto opened = Wal::open(disk, kDirectory, options(), random);
  if (!opened) return;
  const Model model = model_of(*opened->wal);
  assert(model_of(*must(Wal::open(disk, kDirectory, options(), random)).wal) == model);
}

}  // namespace
}  // namespace viaduct::wal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::fuzz::Input input(data, size);
  if (input.byte() % 4 == 1) {
    viaduct::wal::check_any_bytes(input);
  } else {
    viaduct::wal::check_history(input);
  }
  return 0;
}
