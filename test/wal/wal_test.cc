#include "wal/wal.h"

#include "test/support/temporary_directory.h"
#include "test/wal/log_support.h"

namespace viaduct::wal {
namespace {

TEST_CASE("a log gives back what was appended, before and after it is opened again") {
  FakeDisk disk;
  SeededRandom random(1);
  const HardState state = hard_state(2, 7, 3);
  const std::vector<Entry> appended = {entry(1), Entry{Term(1), Index(2), EntryType::kConfiguration, "members"},
                                       entry(3, 2, 0), entry(4, 2, 900)};
  {
    const auto wal = create(disk, random);
    CHECK(wal->first_index() == Index(1));
    CHECK(wal->last_index() == Index(0));
    append_synced(*wal, {appended[0], appended[1]});
    append_synced(*wal, {appended[2], appended[3]}, state);
    CHECK(all_entries(*wal) == appended);
  }
  const Wal::Opened opened = open(disk, random);
  CHECK(!opened.tail_cut);
  CHECK(opened.wal->hard_state() == state);
  CHECK(opened.wal->last_mark() == Mark{});
  CHECK(all_entries(*opened.wal) == appended);
  CHECK(must(opened.wal->term(Index(0))) == Term(0));
  CHECK(must(opened.wal->term(Index(2))) == Term(1));
  CHECK(must(opened.wal->term(Index(4))) == Term(2));
}

}  // namespace
}  // namespace viaduct::wal
