// Power cuts at every point of what a log does, and every call failing: nothing that was synced is ever missing, and
// nothing is ever there that was not appended.
#include "test/wal/crash_support.h"
#include "wal/format.h"

namespace viaduct::wal {
namespace {

// One of everything, through several segments.
bool do_everything(Script& script) {
  return script.append(entries(1, 3), hard_state(1, 1, 0)) && script.sync() &&
         script.end_mark() &&                                                           // a mark that a frame replaces
         script.append({entry(3, 1, 1200)}, hard_state(1, 1, 2)) && script.sync() &&    // three sectors
         script.append(entries(4, 8, 1, 300)) && script.sync() && script.end_mark() &&  //
         script.append({entry(6, 2, 600)}, hard_state(2, 3, 3)) && script.sync() &&
         script.prepare_spare() &&  // replaces 6 and 7; next segment
         script.append({entry(7, 2, 900)}, hard_state(2, 3, 6)) && script.sync() && script.mark(mark_at(5)) &&
         script.end_mark() && script.append({entry(8, 2, 2500)}) && script.sync() &&  // a segment made on the way
         script.mark(mark_at(6, 2)) && script.cut(6) &&                               //
         script.append({entry(9, 3, 40)}, hard_state(3, 0, 8)) && script.sync();
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
    is_finished = do_everything(*script);
  }
};

// Known bug: RB-31.
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

// Known bug: RB-32.
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

// Known bug: RB-34.
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
  REQUIRE(do_everything(script));
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
