// Power cuts at every point of what a log does, and every call failing: nothing that was synced is ever missing, and
// nothing is ever there that was not appended.
#include <functional>

#include "test/wal/log_support.h"
#include "wal/format.h"

namespace viaduct::wal {
namespace {

const Error kDead{Code::kIo, "power was cut"};

// What a log holds, by what was asked of it.
struct Model {
  std::vector<Entry> log;  // entry i at i - 1
  HardState hard_state;
  Mark mark;

  void append(const std::vector<Entry>& list, const std::optional<HardState>& state) {
    if (!list.empty()) log.resize(list.front().index.value - 1);
    log.insert(log.end(), list.begin(), list.end());
    if (state) hard_state = *state;
  }
  void set_mark(const Mark& next) {
    mark = next;
    hard_state.commit = std::max(hard_state.commit, next.index);
  }

  bool is_held_by(const Wal& wal) const {
    if (wal.last_index() != Index(log.size()) || wal.hard_state() != hard_state || wal.last_mark() != mark)
      return false;
    if (wal.first_index() > mark.index.next()) return false;
    for (const Entry& entry : all_entries(wal)) {
      if (entry != log[entry.index.value - 1]) return false;
    }
    return true;
  }
};

// Steps done to a log, and what may be found after each: what was synced last, or anything appended since.
class Script {
 public:
  Script(FakeDisk& disk, std::unique_ptr<Wal> wal) : disk_(disk), wal_(std::move(wal)) {}

  bool append(const std::vector<Entry>& list, const std::optional<HardState>& state = {}) {
    attempt([&](Model& model) { model.append(list, state); });
    return bool(wal_->append(shared(list), state));
  }
  bool sync() { return settle(wal_->sync()); }
  bool end_mark() { return bool(wal_->write_end_mark()); }
  bool mark(const Mark& next) {
    attempt([&](Model& model) { model.set_mark(next); });
    return settle(wal_->mark(next));
  }
  bool cut(uint64_t up_to) { return bool(wal_->cut(Index(up_to))); }
  bool prepare_spare() { return bool(wal_->prepare_spare()); }

  // One of everything, through several segments.
  bool run() {
    return append(entries(1, 3), hard_state(1, 1, 0)) && sync() && end_mark() &&  // a mark that a frame replaces
           append({entry(3, 1, 1200)}, hard_state(1, 1, 2)) && sync() &&          // three sectors
           append(entries(4, 8, 1, 300)) && sync() && end_mark() &&               //
           append({entry(6, 2, 600)}, hard_state(2, 3, 3)) && sync() &&
           prepare_spare() &&  // replaces 6 and 7; next segment
           append({entry(7, 2, 900)}, hard_state(2, 3, 6)) && sync() && mark(mark_at(5)) && end_mark() &&
           append({entry(8, 2, 2500)}) && sync() &&  // a segment made on the way
           mark(mark_at(6, 2)) && cut(6) &&          //
           append({entry(9, 3, 40)}, hard_state(3, 0, 8)) && sync();
  }

  const std::vector<Model>& possible() const { return possible_; }
  Wal& wal() { return *wal_; }

 private:
  void attempt(const std::function<void(Model&)>& change) {
    possible_.push_back(possible_.back());
    change(possible_.back());
  }
  bool settle(const Result<void>& synced) {
    if (synced) possible_.erase(possible_.begin(), possible_.end() - 1);
    return bool(synced);
  }

  FakeDisk& disk_;
  std::unique_ptr<Wal> wal_;
  std::vector<Model> possible_ = {Model{}};
};

// Opens what a crash left and checks that it is one of the possible states, durably, and that the log goes on.
void check_recovers(FakeDisk& disk, const std::vector<Model>& possible) {
  SeededRandom random(9);
  auto opened = Wal::open(disk, kDirectory, small_options(), random);
  if (!opened) FAIL(opened.error().message);
  const Wal& wal = *opened->wal;
  const bool is_possible =
      std::any_of(possible.begin(), possible.end(), [&](const Model& model) { return model.is_held_by(wal); });
  if (!is_possible) FAIL("holds neither what was synced nor what was appended since");

  const uint64_t next = wal.last_index().value + 1;
  const uint64_t term = wal.hard_state().term.value + 1;
  append_synced(*opened->wal, {entry(next, term, 700)}, hard_state(term, 0, wal.hard_state().commit.value));
  const auto image = disk.crash_image(random);
  const auto again = Wal::open(*image, kDirectory, small_options(), random);
  if (!again) FAIL(again.error().message);
  CHECK(must(again->wal->read(Index(next), Index(next + 1), 0)) == entries(next, next + 1, term, 700));
}

struct Run {
  FakeDisk disk;
  SeededRandom random{4};
  std::unique_ptr<Script> script;
  bool is_finished = false;

  // Whatever is done from call `n` on fails.
  Run(uint64_t n, const Error& error, FakeDisk::Repeat repeat) {
    script = std::make_unique<Script>(disk, create(disk, random));
    disk.fail_call(n, error, repeat);
    is_finished = script->run();
  }
};

TEST_CASE("after a power cut at any call the log holds what was synced, in every image the cut may leave") {
  uint64_t images = 0;
  for (uint64_t n = 1;; ++n) {
    Run run(n, kDead, FakeDisk::Repeat::kForEver);
    CAPTURE(run.disk.failed_call());
    run.disk.stop_failing();
    run.disk.for_each_crash_image([&](FakeDisk& image) {
      ++images;
      check_recovers(image, run.script->possible());
    });
    if (run.is_finished) break;
    REQUIRE(n < 1000);
  }
  CHECK(images > 500);
}

TEST_CASE("three unsynced writes in a row leave no image that is not understood") {
  struct Case {
    std::string name;
    size_t first_bytes, second_bytes;
  };
  for (const Case& c : {Case{"within one sector", 20, 20}, Case{"to the end of the sector", 20, 350},
                        Case{"many sectors each", 800, 1500}, Case{"long, then short", 1500, 20}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    SeededRandom random(2);
    Script script(disk, create(disk, random));
    REQUIRE(script.append({entry(1, 1, c.first_bytes)}, hard_state(1, 1, 0)));
    REQUIRE(script.sync());
    REQUIRE(script.end_mark());
    REQUIRE(script.end_mark());
    REQUIRE(script.append({entry(2, 1, c.second_bytes)}, hard_state(1, 1, 1)));
    disk.for_each_crash_image([&](FakeDisk& image) { check_recovers(image, script.possible()); });
  }
}

TEST_CASE("a power cut at any call of open() loses nothing either") {
  FakeDisk disk;
  SeededRandom random(6);
  Script script(disk, create(disk, random));
  REQUIRE(script.append(entries(1, 4, 1, 700), hard_state(1, 1, 0)));
  REQUIRE(script.sync());
  REQUIRE(script.append({entry(4, 1, 900)}));
  const auto torn = [&] {  // the last frame cut short in the middle
    std::string content = content_of(disk, 1);
    content.resize(content.find_last_not_of('\0') / kSectorBytes * kSectorBytes);
    content.resize(4096);
    auto copy = disk.crash_image(random);
    replace_segment(*copy, 1, content);
    must(must(copy->open(segment_path(kDirectory, 1), OpenMode::kWrite))->sync());
    must(copy->sync_directory(kDirectory));
    return copy;
  };
  for (const bool has_spare : {false, true}) {
    for (uint64_t n = 1;; ++n) {
      const auto copy = torn();
      if (has_spare) must(copy->open(join_path(kDirectory, "spare"), OpenMode::kCreate));
      copy->fail_call(n, kDead, FakeDisk::Repeat::kForEver);
      const bool is_finished = bool(Wal::open(*copy, kDirectory, small_options(), random));
      CAPTURE(copy->failed_call());
      copy->stop_failing();
      copy->for_each_crash_image([&](FakeDisk& image) { check_recovers(image, {script.possible().front()}); });
      if (is_finished) break;
    }
  }
}

TEST_CASE("a power cut at any call of create() leaves a log without entries or none") {
  for (uint64_t n = 1;; ++n) {
    FakeDisk disk;
    SeededRandom random(6);
    disk.fail_call(n, kDead, FakeDisk::Repeat::kForEver);
    const bool is_finished = bool(Wal::create(disk, kDirectory, small_options(), random));
    disk.stop_failing();
    disk.for_each_crash_image([&](FakeDisk& image) {
      auto opened = Wal::open(image, kDirectory, small_options(), random);
      if (opened) return check_recovers(image, {Model{}});
      CHECK(!is_finished);
      CHECK(opened.error().code == Code::kNotFound);
      must(Wal::create(image, kDirectory, small_options(), random));
    });
    if (is_finished) break;
  }
}

TEST_CASE("any one call may fail: it is reported, the log is not used further, and nothing synced is lost") {
  for (const Code code : {Code::kIo, Code::kNoSpace}) {
    for (uint64_t n = 1;; ++n) {
      Run run(n, Error{code, "injected"}, FakeDisk::Repeat::kOnce);
      if (run.is_finished) break;
      CAPTURE(run.disk.failed_call());
      const bool is_usable = bool(run.script->wal().sync());
      if (is_usable) {
        CHECK(code == Code::kNoSpace);
        CHECK(run.disk.failed_call().ends_with("/spare"));
      } else {
        CHECK(!run.script->wal().append(shared(entries(1, 2)), {}));
        CHECK(!run.script->wal().write_end_mark());
        CHECK(!run.script->wal().mark(mark_at(9)));
        CHECK(!run.script->wal().cut(Index(0)));
        CHECK(!run.script->wal().read(Index(1), Index(2), 0));
      }
      SeededRandom random(n);
      const auto image = run.disk.crash_image(random);
      check_recovers(*image, run.script->possible());
      check_recovers(run.disk, run.script->possible());  // the process died, the machine did not
    }
  }
}

TEST_CASE("any one call of open() may fail: it says so, and the next try finds everything") {
  FakeDisk disk;
  SeededRandom random(6);
  Script script(disk, create(disk, random));
  REQUIRE(script.run());
  for (const Code code : {Code::kIo, Code::kNoSpace}) {
    for (uint64_t n = 1;; ++n) {
      disk.fail_call(n, Error{code, "injected"});
      const bool is_finished = bool(Wal::open(disk, kDirectory, small_options(), random));
      if (is_finished) break;
      CAPTURE(disk.failed_call());
      auto image = disk.crash_image(random);
      check_recovers(*image, script.possible());
      REQUIRE(n < 100);
    }
    disk.stop_failing();
  }
}

}  // namespace
}  // namespace viaduct::wal
