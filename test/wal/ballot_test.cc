#include "wal/ballot.h"

#include <doctest/doctest.h>

#include "test/wal/log_support.h"

namespace viaduct::wal {
namespace {

const Identity kIdentity = small_options().identity;
constexpr const char* kPath = "/ballot";

Options with_ballot() {
  Options options = small_options();
  options.ballot_path = kPath;
  options.max_frame_bytes = 2048;
  return options;
}

std::optional<HardState> kept(Disk& disk) { return must(read_ballot(disk, kPath, kIdentity)); }

TEST_CASE("a ballot gives back what was written last") {
  FakeDisk disk;
  CHECK_FALSE(kept(disk));
  for (int opened = 0; opened < 2; ++opened) {
    Ballot ballot = must(Ballot::open(disk, kPath, kIdentity));
    for (const uint64_t term : {1, 9}) {
      must(ballot.write(Term(term), MemberId(4)));
      CHECK(kept(disk) == hard_state(term, 4, 0));
    }
  }
}

TEST_CASE("a ballot that is damaged or another's is none") {
  FakeDisk disk;
  SeededRandom random(1);
  must(must(Ballot::open(disk, kPath, kIdentity)).write(Term(3), MemberId(4)));
  CHECK_FALSE(must(read_ballot(disk, kPath, {kIdentity.cluster, MemberId(7)})));
  CHECK_FALSE(must(read_ballot(disk, kPath, {ClusterId(7), kIdentity.member})));
  const size_t bytes = must(read_file(disk, kPath, 512)).size();
  for (size_t at = 0; at < bytes; ++at) {
    const auto copy = disk.crash_image(random);
    const auto file = must(copy->open(kPath, OpenMode::kWrite));
    must(file->write_at(at, "\xff"));
    if (must(read_file(*copy, kPath, 512)) == must(read_file(disk, kPath, 512))) continue;
    CAPTURE(at);
    CHECK_FALSE(kept(*copy));
  }
}

TEST_CASE("a file of another length is no ballot") {
  for (const size_t bytes : {0, 43, 511, 513, 100'000}) {
    CAPTURE(bytes);
    FakeDisk disk;
    must(must(disk.open(kPath, OpenMode::kCreate))->write_at(0, std::string(bytes, 'x')));
    CHECK_FALSE(kept(disk));
  }
}

TEST_CASE("a ballot that cannot be read at the moment is not taken for none, and stays") {
  FakeDisk disk;
  SeededRandom random(1);
  must(must(Ballot::open(disk, kPath, kIdentity)).write(Term(3), MemberId(4)));
  for (const char* call : {"open /ballot", "size /ballot", "read /ballot"}) {
    CAPTURE(call);
    disk.fail_call(1, {Code::kIo, "injected"}, FakeDisk::Repeat::kOnce, call);
    const auto read = read_ballot(disk, kPath, kIdentity);
    if (disk.failed_call().empty()) continue;  // it is not asked for
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::kIo);
    disk.fail_call(1, {Code::kIo, "injected"}, FakeDisk::Repeat::kOnce, call);
    CHECK_FALSE(Wal::create(disk, kDirectory, with_ballot(), random));
    disk.stop_failing();
    CHECK(kept(disk) == hard_state(3, 4, 0));
    for (const std::string& name : must(disk.list(kDirectory))) must(disk.remove(join_path(kDirectory, name)));
  }
}

TEST_CASE("the ballot is never behind the log, wherever the power is cut") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random, with_ballot());
  must(disk.sync_directory("/"));
  HardState acknowledged;
  for (uint64_t term = 1; term < 6; ++term) {
    const HardState steps[] = {hard_state(term, 0, 0), hard_state(term, 10 + term, 0)};
    for (const HardState& next : steps) {
      const auto check = [&](FakeDisk& image) {
        const auto in_log = Wal::open(*image.crash_image(random), kDirectory, small_options(), random);
        REQUIRE(in_log);
        REQUIRE(kept(image));
        CHECK_FALSE(is_newer(in_log->wal->hard_state(), *kept(image)));
        CHECK_FALSE(is_newer(acknowledged, *kept(image)));
        const Wal::Opened both = open(image, random, with_ballot());
        CHECK_FALSE(is_newer(acknowledged, both.wal->hard_state()));
        CHECK(both.wal->hard_state() == open(image, random, with_ballot()).wal->hard_state());
      };
      must(wal->append({}, next));
      disk.for_each_crash_image(check);
      must(wal->sync());
      acknowledged = next;
      disk.for_each_crash_image(check);
    }
  }
}

// From its making to a start at which the ballot is ahead of the log.
Result<void> live(Disk& disk, Random& random, HardState& acknowledged) {
  VIADUCT_TRY_ASSIGN(wal, Wal::create(disk, kDirectory, with_ballot(), random));
  for (uint64_t term = 1; term < 4; ++term) {
    const HardState next = hard_state(term, 5, 0);
    const uint64_t first = 2 * term - 1;
    VIADUCT_TRY(wal->append(shared(entries(first, first + 2, term, 1500)), next));  // two frames in a new segment
    VIADUCT_TRY(wal->sync());
    acknowledged = next;
  }
  VIADUCT_TRY_ASSIGN(ballot, Ballot::open(disk, kPath, kIdentity));
  VIADUCT_TRY(ballot.write(Term(9), MemberId(6)));
  acknowledged = hard_state(9, 6, 0);
  VIADUCT_TRY_ASSIGN(opened, Wal::open(disk, kDirectory, with_ballot(), random));
  return {};
}

TEST_CASE("any call may fail: it is told, and a vote that was acknowledged is there at the next start") {
  for (uint64_t n = 1;; ++n) {
    FakeDisk disk;
    SeededRandom random(n);
    HardState acknowledged;
    disk.fail_call(n, {Code::kIo, "injected"});
    const Result<void> lived = live(disk, random, acknowledged);
    const std::string failed = disk.failed_call();
    CAPTURE(failed);
    CHECK(bool(lived) == failed.empty());
    if (failed.empty()) break;
    disk.stop_failing();
    const auto image = disk.crash_image(random);
    const auto opened = Wal::open(*image, kDirectory, with_ballot(), random);
    if (!acknowledged.term) continue;
    REQUIRE(opened);
    CHECK_FALSE(is_newer(acknowledged, opened->wal->hard_state()));
  }
}

TEST_CASE("a ballot costs a sync when term or vote change, and nothing else does") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random, with_ballot());
  const auto calls_of = [&](const HardState& next) {
    const uint64_t before = disk.calls();
    must(wal->append(shared({entry(wal->last_index().value + 1)}), next));
    must(wal->sync());
    return disk.calls() - before;
  };
  CHECK(calls_of(hard_state(1, 0, 0)) == 4);
  CHECK(calls_of(hard_state(1, 5, 0)) == 4);
  CHECK(calls_of(hard_state(1, 5, 1)) == 2);
}

TEST_CASE("what the ballot knows and the log does not counts, and is in the log from then on") {
  FakeDisk disk;
  SeededRandom random(1);
  append_synced(*create(disk, random, with_ballot()), entries(1, 3), hard_state(2, 5, 1));
  must(must(Ballot::open(disk, kPath, kIdentity)).write(Term(3), MemberId(6)));
  CHECK(open(disk, random, with_ballot()).wal->hard_state() == hard_state(3, 6, 1));
  CHECK(open(disk, random).wal->hard_state() == hard_state(3, 6, 1));
}

TEST_CASE("a ballot that fell behind or is gone is written anew from the log") {
  for (const bool is_gone : {true, false}) {
    CAPTURE(is_gone);
    FakeDisk disk;
    SeededRandom random(1);
    append_synced(*create(disk, random, with_ballot()), {}, hard_state(7, 5, 0));
    if (is_gone) must(disk.remove(kPath));
    if (!is_gone) must(must(Ballot::open(disk, kPath, kIdentity)).write(Term(2), MemberId(6)));
    CHECK(open(disk, random, with_ballot()).wal->hard_state() == hard_state(7, 5, 0));
    CHECK(kept(disk) == hard_state(7, 5, 0));
  }
}

}  // namespace
}  // namespace viaduct::wal
