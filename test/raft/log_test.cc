#include "raft/log.h"

#include <doctest/doctest.h>

#include "member.h"

namespace viaduct::raft {
namespace {

using test::make_entry;

EntryId id(uint64_t index, uint64_t term) { return {Index(index), Term(term)}; }

// Entries of these terms behind `base`, none applied beyond it.
Log log_of(std::vector<uint64_t> terms, EntryId base = {}, uint64_t cache_bytes = 1 << 20) {
  Log log(base, base.index, cache_bytes);
  for (uint64_t term : terms) log.append(make_entry(log.last_index().value + 1, term));
  return log;
}

std::vector<EntryPtr> entries(uint64_t first, std::vector<uint64_t> terms) {
  std::vector<EntryPtr> made;
  for (uint64_t term : terms) made.push_back(make_entry(first + made.size(), term));
  return made;
}

std::vector<uint64_t> terms_of(const Log& log) {
  std::vector<uint64_t> terms;
  for (Index i = log.first_index(); i <= log.last_index(); i = i.next()) terms.push_back(log.term(i)->value);
  return terms;
}

}  // namespace

TEST_CASE("a term outside the log is an error of its own kind, never 0 (RB-39)") {
  const Log log = log_of({3, 3, 5}, id(10, 2));
  CHECK(log.term(Index(9)).error().code == Code::kCompacted);
  CHECK(*log.term(Index(10)) == Term(2));
  CHECK(*log.term(Index(11)) == Term(3));
  CHECK(*log.term(Index(12)) == Term(3));
  CHECK(*log.term(Index(13)) == Term(5));
  CHECK(log.term(Index(14)).error().code == Code::kNotFound);
  CHECK(log.first_index() == Index(11));
  CHECK(log.last() == id(13, 5));
  CHECK(Log({}, Index(), 0).last() == id(0, 0));
}

TEST_CASE("the committed entry is named by its index and its term, down to the base") {
  Log log = log_of({3, 3, 5}, id(10, 2));
  CHECK(log.committed() == id(10, 2));
  log.commit_to(Index(12));
  CHECK(log.committed() == id(12, 3));
  CHECK(log.committed() != id(12, 5));
  CHECK(log.committed() != id(11, 3));
}

TEST_CASE("5.4.1: a log is up to date if it ends in a later term, or in the same and is at least as long") {
  struct Case {
    const char* name;
    EntryId candidate;
    bool is_up_to_date;
  };
  for (const Case& c : {Case{"older term, longer", id(9, 2), false}, Case{"older term, same length", id(3, 2), false},
                        Case{"same term, shorter", id(2, 4), false}, Case{"same", id(3, 4), true},
                        Case{"same term, longer", id(4, 4), true}, Case{"newer term, shorter", id(1, 5), true}}) {
    CAPTURE(c.name);
    CHECK(log_of({1, 2, 4}).is_up_to_date(c.candidate) == c.is_up_to_date);
  }
  CHECK(Log({}, Index(), 0).is_up_to_date(id(0, 0)));
}

TEST_CASE("AppendEntries 3 and 4: only what differs is replaced, and nothing that is there already") {
  struct Case {
    const char* name;
    uint64_t first;
    std::vector<uint64_t> sent, result;
    uint64_t replaced_from;
  };
  for (const Case& c : {
           Case{"nothing", 4, {}, {1, 1, 2}, 0},
           Case{"all new", 4, {2, 3}, {1, 1, 2, 2, 3}, 0},
           Case{"all there", 2, {1, 2}, {1, 1, 2}, 0},
           Case{"a stale prefix does not cut the rest (5.3)", 2, {1}, {1, 1, 2}, 0},
           Case{"half there", 3, {2, 2}, {1, 1, 2, 2}, 0},
           Case{"the last differs", 3, {3}, {1, 1, 3}, 3},
           Case{"all behind a difference goes", 2, {2}, {1, 2}, 2},
           Case{"from the first on", 1, {3, 3, 3, 3}, {3, 3, 3, 3}, 1},
       }) {
    CAPTURE(c.name);
    Log log = log_of({1, 1, 2});
    const auto replaced = log.merge(entries(c.first, c.sent));
    CHECK(replaced.value_or(Index()) == Index(c.replaced_from));
    CHECK(terms_of(log) == c.result);
    for (Index i = log.first_index(); i <= log.last_index(); i = i.next()) CHECK(log.entry(i)->term == *log.term(i));
  }
}

TEST_CASE("the entry to skip back to is the last one at or before the bound in index and in term") {
  struct Case {
    const char* name;
    EntryId bound, found;
  };
  const Log log = log_of({2, 4, 4, 4, 6}, id(10, 2));
  for (const Case& c : {
           Case{"beyond the end", id(20, 9), id(15, 6)},
           Case{"exactly there", id(13, 4), id(13, 4)},
           Case{"a whole term is skipped", id(14, 3), id(11, 2)},
           Case{"a term between two", id(15, 5), id(14, 4)},
           Case{"nothing so old", id(14, 1), id(10, 2)},
           Case{"the base", id(10, 2), id(10, 2)},
           Case{"below the base", id(5, 2), id(10, 2)},
       }) {
    CAPTURE(c.name);
    CHECK(log.last_at_most(c.bound) == c.found);
  }
}

TEST_CASE("a slice takes what fits in the bytes, but at least one entry") {
  Log log = log_of({});
  for (uint64_t i = 1; i <= 4; ++i) log.append(make_entry(i, 1, std::string(100, 'x')));
  const uint64_t one = size_of(*log.entry(Index(1)));
  struct Case {
    const char* name;
    uint64_t after, to, max_bytes;
    size_t count;
  };
  for (const Case& c : {Case{"empty", 2, 2, UINT64_MAX, 0}, Case{"no room", 0, 4, 0, 1}, Case{"one", 0, 4, one, 1},
                        Case{"one short of two", 0, 4, 2 * one - 1, 1}, Case{"two", 1, 4, 2 * one, 2},
                        Case{"no limit", 0, 4, UINT64_MAX, 4}, Case{"no limit, further on", 2, 4, UINT64_MAX, 2},
                        Case{"up to", 0, 3, UINT64_MAX, 3}}) {
    CAPTURE(c.name);
    const auto slice = log.slice(Index(c.after), Index(c.to), c.max_bytes);
    REQUIRE(slice.size() == c.count);
    for (size_t i = 0; i < slice.size(); ++i) CHECK(slice[i]->index == Index(c.after + 1 + i));
  }
  CHECK(log.bytes_between(Index(1), Index(4)) == 3 * one);
}

TEST_CASE("a slice shares the entries of the log") {
  Log log = log_of({1});
  CHECK(log.slice(Index(0), Index(1), UINT64_MAX).front().get() == log.entry(Index(1)).get());
}

TEST_CASE("the cache keeps its bytes, what is not applied whatever it takes, and every term (RF-8)") {
  Log log = log_of({1, 1, 2, 2, 3}, {}, 2 * size_of(*make_entry(1, 1)));
  for (uint64_t i = 1; i <= 5; ++i) CHECK(log.is_cached(Index(i)));
  log.commit_to(Index(5));
  log.applied_to(Index(2));
  CHECK_FALSE(log.is_cached(Index(2)));
  CHECK(log.is_cached(Index(3)));
  log.applied_to(Index(5));
  CHECK_FALSE(log.is_cached(Index(3)));
  CHECK(log.is_cached(Index(4)));
  CHECK_FALSE(log.is_cached(Index(6)));
  CHECK(terms_of(log) == std::vector<uint64_t>{1, 1, 2, 2, 3});
  log.append(make_entry(6, 3));
  CHECK_FALSE(log.is_cached(Index(4)));
  CHECK(log.bytes_between(Index(4), Index(6)) == 2 * size_of(*make_entry(1, 1)));
}

TEST_CASE("compaction forgets all up to an index but the index's own term") {
  for (uint64_t to = 0; to <= 5; ++to) {
    CAPTURE(to);
    Log log = log_of({1, 1, 2, 2, 3});
    log.commit_to(Index(5));
    log.applied_to(Index(5));
    const std::vector<uint64_t> before = terms_of(log);
    log.compact(Index(to));
    CHECK(log.base().index == Index(to));
    CHECK(log.first_index() == Index(to + 1));
    CHECK(terms_of(log) == std::vector<uint64_t>(before.begin() + static_cast<ptrdiff_t>(to), before.end()));
    if (to > 0) CHECK(log.base().term == Term(before[to - 1]));
    if (to > 0) CHECK(log.term(Index(to - 1)).error().code == Code::kCompacted);
    log.compact(Index(0));  // long done
    CHECK(log.base().index == Index(to));
    log.append(make_entry(6, 3));
    CHECK(log.last() == id(6, 3));
    CHECK(log.entry(Index(6))->term == Term(3));
  }
}

TEST_CASE("section 7: entries behind an installed snapshot stay only if the log has its last entry") {
  struct Case {
    const char* name;
    EntryId snapshot;
    bool rest_stays;
    std::vector<uint64_t> rest;
  };
  for (const Case& c : {
           Case{"in the middle", id(3, 2), true, {2, 3}},
           Case{"at the end", id(5, 3), true, {}},
           Case{"another term there", id(3, 3), false, {}},
           Case{"beyond the end", id(9, 3), false, {}},
       }) {
    CAPTURE(c.name);
    Log log = log_of({1, 1, 2, 2, 3});
    CHECK(log.install(c.snapshot) == c.rest_stays);
    CHECK(log.base() == c.snapshot);
    CHECK(log.applied() == c.snapshot.index);
    CHECK(log.commit() == c.snapshot.index);
    CHECK(terms_of(log) == c.rest);
    log.append(make_entry(log.last_index().value + 1, 4));
    CHECK(log.last().term == Term(4));
    CHECK(log.is_cached(log.last_index()));
  }
}

TEST_CASE("entries restored at start below the applied index leave the cache as they come") {
  const uint64_t one = size_of(*make_entry(1, 1));
  Log log({}, Index(8), one);
  for (uint64_t i = 1; i <= 10; ++i) log.restore(*make_entry(i, i));
  CHECK(log.applied() == Index(8));
  CHECK_FALSE(log.is_cached(Index(8)));
  CHECK(log.is_cached(Index(9)));
  CHECK(*log.term(Index(3)) == Term(3));
}

}  // namespace viaduct::raft
