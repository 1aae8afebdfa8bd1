#include "raft/progress.h"

#include <doctest/doctest.h>

namespace viaduct::raft {
namespace {

using State = Progress::State;

Progress probing(uint64_t match, uint64_t next) { return Progress(Index(match), Index(next), {3, 100}); }

Progress replicating(uint64_t match) {
  Progress progress = probing(match, match + 1);
  progress.accepted(Index(match), Index());
  return progress;
}

}  // namespace

TEST_CASE("a window is full by messages or by bytes, and empty again once all is acknowledged") {
  Window window({3, 100});
  window.sent(Index(1), 10);
  window.sent(Index(4), 10);
  CHECK_FALSE(window.is_full());
  window.sent(Index(5), 10);
  CHECK(window.is_full());
  window.acknowledged(Index(3));  // the second append ends at 4
  CHECK(window.messages() == 2);
  window.sent(Index(6), 100);
  CHECK(window.bytes() == 120);
  window.acknowledged(Index(5));
  CHECK(window.is_full());
  window.acknowledged(Index(6));
  CHECK(window.messages() == 0);
  CHECK(window.bytes() == 0);
}

TEST_CASE("RB-41: nothing counts as under way in a window that was cleared") {
  Window window({3, 100});
  window.sent(Index(1), 99);
  window.sent(Index(2), 1);
  window.clear();
  CHECK(window.messages() == 0);
  CHECK(window.bytes() == 0);
  CHECK_FALSE(window.is_full());
}

TEST_CASE("a probe is one append at a time, and its acceptance starts the pipeline behind it") {
  Progress progress = probing(0, 8);
  CHECK(progress.may_send());
  progress.sent(Index(9), 10);
  CHECK_FALSE(progress.may_send());
  CHECK(progress.next() == Index(8));
  progress.probe_may_repeat();
  CHECK(progress.may_send());
  CHECK(progress.accepted(Index(9), Index()));
  CHECK(progress.state() == State::kReplicate);
  CHECK(progress.match() == Index(9));
  CHECK(progress.next() == Index(10));
}

TEST_CASE("a pipeline runs ahead of what is acknowledged until its window is full") {
  Progress progress = replicating(5);
  for (uint64_t last : {6, 8, 9}) {
    CHECK(progress.may_send());
    progress.sent(Index(last), 10);
    CHECK(progress.next() == Index(last + 1));
  }
  CHECK_FALSE(progress.may_send());
  progress.sent(Index(9), 0);  // an empty one takes no place
  CHECK(progress.window().messages() == 3);
  CHECK(progress.accepted(Index(8), Index()));
  CHECK(progress.may_send());
  CHECK_FALSE(progress.accepted(Index(7), Index()));  // reordered
  CHECK(progress.match() == Index(8));
  CHECK(progress.next() == Index(10));
}

TEST_CASE("a rejection while probing goes back by the hint, at least one entry, and never below what matches") {
  struct Case {
    const char* name;
    uint64_t match, next, previous, retry, next_after;
    bool counts;
  };
  for (const Case& c : {
           Case{"by the hint", 0, 20, 19, 7, 8, true},
           Case{"by one at least", 0, 20, 19, 30, 19, true},
           Case{"down to the first", 0, 2, 1, 0, 1, true},
           Case{"not below the match", 9, 20, 19, 3, 10, true},
           Case{"an older answer", 0, 20, 15, 7, 20, false},
       }) {
    CAPTURE(c.name);
    Progress progress = probing(c.match, c.next);
    progress.sent(Index(c.next), 10);
    CHECK(progress.rejected(Index(c.previous), Index(c.retry)) == c.counts);
    CHECK(progress.next() == Index(c.next_after));
    CHECK(progress.may_send() == c.counts);
  }
}

TEST_CASE("a rejection in the pipeline starts a probe behind the match, unless what it rejects has arrived since") {
  Progress progress = replicating(5);
  progress.sent(Index(9), 10);
  CHECK_FALSE(progress.rejected(Index(5), Index(2)));
  CHECK(progress.state() == State::kReplicate);
  CHECK(progress.rejected(Index(9), Index(2)));
  CHECK(progress.state() == State::kProbe);
  CHECK(progress.next() == Index(6));
  CHECK(progress.window().messages() == 0);
  CHECK_FALSE(progress.rejected(Index(9), Index(2)));  // the rest of the pipeline comes back too
  CHECK(progress.next() == Index(6));
}

TEST_CASE("while a snapshot is on its way nothing is sent, and afterwards a probe waits for a sign of life") {
  struct Case {
    const char* name;
    uint64_t installed, next_after;
  };
  for (const Case& c : {Case{"installed", 30, 31}, Case{"failed", 0, 3}}) {
    CAPTURE(c.name);
    Progress progress = probing(2, 9);
    progress.become_snapshot();
    CHECK_FALSE(progress.may_send());
    progress.probe_may_repeat();
    CHECK_FALSE(progress.may_send());
    progress.snapshot_ended(Index(c.installed));
    CHECK(progress.state() == State::kProbe);
    CHECK(progress.next() == Index(c.next_after));
    CHECK_FALSE(progress.may_send());
    progress.probe_may_repeat();
    CHECK(progress.may_send());
  }
}

TEST_CASE("any snapshot that reaches the leader's log lets replication go on (RF-9)") {
  Progress progress = probing(2, 9);
  progress.become_snapshot();
  CHECK(progress.accepted(Index(10), Index(12)));
  CHECK(progress.state() == State::kSnapshot);
  CHECK(progress.accepted(Index(12), Index(12)));
  CHECK(progress.state() == State::kReplicate);
  CHECK(progress.next() == Index(13));
  progress.snapshot_ended(Index(12));
  CHECK(progress.state() == State::kReplicate);
}

TEST_CASE("nothing is sent while the caller reads older entries") {
  Progress progress = replicating(5);
  progress.fetching = true;
  CHECK_FALSE(progress.may_send());
  progress.become_probe();  // what is being read is not wanted any more
  CHECK(progress.may_send());
}

}  // namespace viaduct::raft
