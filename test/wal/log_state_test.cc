#include "wal/log_state.h"

#include <doctest/doctest.h>

#include <functional>

namespace viaduct::wal {
namespace {

HardState hard_state(uint64_t term, uint64_t vote, uint64_t commit) {
  return HardState{Term(term), MemberId(vote), Index(commit)};
}

// Entries 1..3 of term 1 and 4..6 of term 3, commit 2, vote 9 in term 5, mark at 1.
LogState example() {
  LogState state;
  for (uint64_t index = 1; index <= 6; ++index) {
    REQUIRE(state.add_entry(Index(index), Term(index <= 3 ? 1 : 3)) == nullptr);
  }
  REQUIRE(state.add_mark({Index(1), Term(1)}) == nullptr);
  REQUIRE(state.add_hard_state(hard_state(5, 9, 2)) == nullptr);
  return state;
}

TEST_CASE("an entry follows the last one, or replaces uncommitted ones by those of another term") {
  struct Case {
    std::string name;
    uint64_t index, term;
    bool is_taken;
  };
  for (const Case& c :
       {Case{"next, same term", 7, 3, true}, Case{"next, later term", 7, 4, true},
        Case{"next, lower term", 7, 2, false}, Case{"a gap", 8, 3, false}, Case{"the last, other term", 6, 4, true},
        Case{"the last, same term", 6, 3, false}, Case{"lower term than the one replaced", 4, 2, true},
        Case{"lower term than the one before", 5, 2, false}, Case{"first uncommitted", 3, 2, true},
        Case{"committed", 2, 2, false}, Case{"index 0", 0, 9, false}}) {
    CAPTURE(c.name);
    LogState state = example();
    CHECK((state.add_entry(Index(c.index), Term(c.term)) == nullptr) == c.is_taken);
    CHECK(state.last() == Index(c.is_taken ? c.index : 6));
    if (c.is_taken) CHECK(state.term(Index(c.index)) == Term(c.term));
    CHECK(state.term(Index(2)) == Term(1));
  }
}

TEST_CASE("term and commit never fall and a vote is given once in a term") {
  struct Case {
    std::string name;
    HardState next;
    bool is_taken;
  };
  for (const Case& c :
       {Case{"the same", hard_state(5, 9, 2), true}, Case{"commit rises", hard_state(5, 9, 6), true},
        Case{"commit falls", hard_state(5, 9, 1), false}, Case{"term falls", hard_state(4, 9, 2), false},
        Case{"another vote", hard_state(5, 8, 2), false}, Case{"vote withdrawn", hard_state(5, 0, 2), false},
        Case{"another vote, later term", hard_state(6, 8, 2), true},
        Case{"no vote, later term", hard_state(6, 0, 2), true}}) {
    CAPTURE(c.name);
    LogState state = example();
    CHECK((state.add_hard_state(c.next) == nullptr) == c.is_taken);
    CHECK(state.hard_state() == (c.is_taken ? c.next : hard_state(5, 9, 2)));
  }
  LogState state = example();
  REQUIRE(state.add_hard_state(hard_state(6, 0, 2)) == nullptr);
  CHECK(state.add_hard_state(hard_state(6, 4, 2)) == nullptr);
}

TEST_CASE("a commit beyond the last entry shows at the end of the frame") {
  LogState state = example();
  CHECK(state.end_frame() == nullptr);
  REQUIRE(state.add_hard_state(hard_state(5, 9, 7)) == nullptr);
  CHECK(state.end_frame() != nullptr);
  REQUIRE(state.add_mark({Index(7), Term(5)}) == nullptr);
  CHECK(state.end_frame() == nullptr);
}

// Known bug: RB-27.
TEST_CASE("a mark never falls, raises the commit, and replaces a log that it does not match") {
  struct Case {
    std::string name;
    Mark next;
    bool is_taken, replaces;
    uint64_t last, commit;
  };
  for (const Case& c : {Case{"within the log", {Index(4), Term(3)}, true, false, 6, 4},
                        Case{"below the commit", {Index(1), Term(1)}, true, false, 6, 2},
                        Case{"below an earlier mark", {Index(0), Term(0)}, false, false, 6, 2},
                        Case{"beyond the log", {Index(9), Term(3)}, true, true, 9, 9},
                        Case{"at another term", {Index(4), Term(4)}, true, true, 4, 4}}) {
    CAPTURE(c.name);
    LogState state = example();
    CHECK(state.replaced_by(c.next) == c.replaces);
    CHECK((state.add_mark(c.next) == nullptr) == c.is_taken);
    CHECK(state.last() == Index(c.last));
    CHECK(state.hard_state().commit == Index(c.commit));
    CHECK(state.term(Index(2)).has_value() == !c.replaces);
    if (c.replaces) CHECK(state.end() == c.next);
  }
}

TEST_CASE("terms are known from where they were last forgotten up to the last entry") {
  LogState state = example();
  CHECK(state.term(Index(0)) == Term(0));
  CHECK(state.term(Index(7)) == std::nullopt);
  for (const uint64_t from : {2, 3, 4, 6}) {
    CAPTURE(from);
    state.forget_before(Index(from));
    CHECK(state.term(Index(from - 1)) == std::nullopt);
    for (uint64_t index = from; index <= 6; ++index) CHECK(state.term(Index(index)) == Term(index <= 3 ? 1 : 3));
  }
}

TEST_CASE("a log that starts with a segment knows what its header says and no term before") {
  SegmentHeader header;
  header.last = {Index(10), Term(4)};
  header.hard_state = hard_state(5, 1, 7);
  header.mark = {Index(6), Term(4)};
  LogState state(header);
  CHECK(state.end() == header.last);
  CHECK(state.hard_state() == header.hard_state);
  CHECK(state.mark() == header.mark);
  CHECK(state.term(Index(9)) == std::nullopt);
  CHECK(state.add_entry(Index(8), Term(5)) == nullptr);  // in place of one in a segment that was cut
  CHECK(state.last() == Index(8));
  CHECK(state.term(Index(8)) == Term(5));
  CHECK(state.term(Index(7)) == std::nullopt);
}

}  // namespace
}  // namespace viaduct::wal
