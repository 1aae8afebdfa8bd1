#include <string>
#include <utility>
#include <vector>

#include "test/sim/scenarios/watching.h"
#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchResponse;

// 2: /a, 3: /b, 4: /a again, 5: /a and /b, 6: /a is gone, 7: /z, of nobody's range.
Log log_of_all() {
  return Log()
      .put("/a", "a1")
      .put("/b", "b1")
      .put("/a", "a2")
      .together([](Log& log) { log.put("/a", "a3").put("/b", "b2"); })
      .erase("/a")
      .put("/z", "z1");
}

mvccpb::Event put(const std::string& key, const std::string& value, int64_t created, int64_t modified,
                  int64_t version) {
  mvccpb::Event event;
  mvccpb::KeyValue& kv = *event.mutable_kv();
  kv.set_key(key);
  kv.set_value(value);
  kv.set_create_revision(created);
  kv.set_mod_revision(modified);
  kv.set_version(version);
  return event;
}

mvccpb::Event erased(const std::string& key, int64_t revision) {
  mvccpb::Event event;
  event.set_type(mvccpb::Event::DELETE);
  event.mutable_kv()->set_key(key);
  event.mutable_kv()->set_mod_revision(revision);
  return event;
}

mvccpb::Event with(mvccpb::Event event, const mvccpb::Event& previous) {
  *event.mutable_prev_kv() = previous.kv();
  return event;
}

const mvccpb::Event kA2 = put("/a", "a1", 2, 2, 1), kB3 = put("/b", "b1", 3, 3, 1), kA4 = put("/a", "a2", 2, 4, 2),
                    kA5 = put("/a", "a3", 2, 5, 3), kB5 = put("/b", "b2", 3, 5, 2), kA6 = erased("/a", 6);

WatchResponse response(int64_t id, int64_t revision) {
  WatchResponse made;
  made.set_watch_id(id);
  made.mutable_header()->set_revision(revision);
  return made;
}
WatchResponse created(int64_t id, int64_t revision) {
  WatchResponse made = response(id, revision);
  made.set_created(true);
  return made;
}
WatchResponse shows(int64_t id, std::vector<mvccpb::Event> events) {
  WatchResponse made = response(id, 7);
  for (mvccpb::Event& event : events) *made.add_events() = std::move(event);
  return made;
}
WatchResponse notice(int64_t id, int64_t revision) { return response(id, revision); }
WatchResponse notice(int64_t revision) { return response(-1, revision); }
WatchResponse cancelled(int64_t id, int64_t compacted) {
  WatchResponse made = response(id, 0);
  made.set_canceled(true);
  made.set_compact_revision(compacted);
  return made;
}
WatchResponse not_created() {
  WatchResponse made = created(-1, 7);
  made.set_canceled(true);
  return made;
}

// All of /a and /b.
WatchCreateRequest from(int64_t start) {
  WatchCreateRequest request;
  request.set_key("/a");
  request.set_range_end("/c");
  request.set_start_revision(start);
  return request;
}
WatchCreateRequest with_previous(int64_t start) {
  WatchCreateRequest request = from(start);
  request.set_prev_kv(true);
  return request;
}
WatchCreateRequest with_notices(int64_t start) {
  WatchCreateRequest request = from(start);
  request.set_progress_notify(true);
  return request;
}
WatchCreateRequest without(WatchCreateRequest::FilterType filter) {
  WatchCreateRequest request = from(1);
  request.add_filters(filter);
  return request;
}

struct Case {
  const char* name;
  const char* rule;  // of the first violation; empty: there is none
  std::vector<WatchCreateRequest> asked;
  std::vector<WatchResponse> received;
  int64_t compacted = 0;
};

void check(const std::vector<Case>& cases) {
  const Past past = log_of_all().past();
  for (const Case& c : cases) {
    CAPTURE(c.name);
    cluster_test::Violations violations;
    check_watch_stream({"stream", c.asked, c.received}, past, c.compacted, violations);
    check_first(violations, c.rule);
  }
}

}  // namespace

TEST_CASE("a watcher gets all that it asked for, in order and once") {
  check({
      {"from the past",
       "",
       {from(1)},
       {created(0, 7), shows(0, {kA2, kB3}), shows(0, {kA4}), shows(0, {kA5, kB5}), shows(0, {kA6})}},
      {"from an old revision", "", {from(3)}, {created(0, 7), shows(0, {kB3, kA4, kA5, kB5, kA6})}},
      {"from now on", "", {from(0)}, {created(0, 4), shows(0, {kA5, kB5}), shows(0, {kA6})}},
      {"from the future", "", {from(6)}, {created(0, 4), shows(0, {kA6})}},
      {"nothing yet", "", {from(1)}, {created(0, 7)}},
      {"no puts", "", {without(WatchCreateRequest::NOPUT)}, {created(0, 7), shows(0, {kA6})}},
      {"no deletes", "", {without(WatchCreateRequest::NODELETE)}, {created(0, 7), shows(0, {kA2, kB3, kA4, kA5, kB5})}},
      {"a gap", "INV-W3", {from(1)}, {created(0, 7), shows(0, {kA2, kA4})}},
      {"a gap at the start", "INV-W3", {from(1)}, {created(0, 7), shows(0, {kB3})}},
      {"half of a revision", "INV-W3", {from(4)}, {created(0, 7), shows(0, {kA4, kA5, kA6})}},
      {"the other order", "INV-W3", {from(4)}, {created(0, 7), shows(0, {kA4, kB5, kA5})}},
      {"back", "INV-W3", {from(1)}, {created(0, 7), shows(0, {kA2, kB3}), shows(0, {kA2})}},
      {"from before its start", "INV-W3", {from(3)}, {created(0, 7), shows(0, {kA2})}},
      {"from before its creation", "INV-W3", {from(0)}, {created(0, 4), shows(0, {kA4})}},
      {"from before its future", "INV-W3", {from(6)}, {created(0, 4), shows(0, {kA5, kB5})}},
      {"of another range", "INV-W3", {from(7)}, {created(0, 7), shows(0, {put("/z", "z1", 7, 7, 1)})}},
      {"a put that it does not want", "INV-W3", {without(WatchCreateRequest::NOPUT)}, {created(0, 7), shows(0, {kA2})}},
      {"a delete that it does not want",
       "INV-W3",
       {without(WatchCreateRequest::NODELETE)},
       {created(0, 7), shows(0, {kA2, kB3, kA4, kA5, kB5, kA6})}},
      {"another value", "INV-W3", {from(4)}, {created(0, 7), shows(0, {put("/a", "a1", 2, 4, 2)})}},
      {"another version", "INV-W3", {from(4)}, {created(0, 7), shows(0, {put("/a", "a2", 2, 4, 1)})}},
      {"a delete that was a put", "INV-W3", {from(4)}, {created(0, 7), shows(0, {erased("/a", 4)})}},
      {"a put that was a delete", "INV-W3", {from(6)}, {created(0, 7), shows(0, {put("/a", "", 2, 6, 4)})}},
      {"more than there is", "INV-W3", {from(6)}, {created(0, 7), shows(0, {kA6}), shows(0, {erased("/a", 8)})}},
      {"twice", "INV-W4", {from(4)}, {created(0, 7), shows(0, {kA4}), shows(0, {kA4})}},
      {"a revision in two parts", "INV-W4", {from(4)}, {created(0, 7), shows(0, {kA4, kA5}), shows(0, {kB5})}},
  });
}

TEST_CASE("a watcher sees what was there before, if it wants to") {
  const mvccpb::Event a4 = with(kA4, kA2), a6 = with(kA6, kA5);
  check({
      {"all of it",
       "",
       {with_previous(2)},
       {created(0, 7), shows(0, {kA2, kB3, a4, with(kA5, kA4), with(kB5, kB3), a6})}},
      {"not wanted", "INV-W8", {from(4)}, {created(0, 7), shows(0, {a4})}},
      {"another one", "INV-W8", {with_previous(4)}, {created(0, 7), shows(0, {with(kA4, kB3)})}},
      {"where there was nothing", "INV-W8", {with_previous(2)}, {created(0, 7), shows(0, {with(kA2, kA2)})}},
      {"none", "INV-W8", {with_previous(4)}, {created(0, 7), shows(0, {kA4})}},
      {"none of a delete", "INV-W8", {with_previous(6)}, {created(0, 7), shows(0, {kA6})}},
      {"none at the compacted revision", "", {with_previous(4)}, {created(0, 7), shows(0, {kA4})}, 4},
      {"none behind the compacted revision", "INV-W8", {with_previous(4)}, {created(0, 7), shows(0, {kA4})}, 3},
      {"another one at the compacted revision",
       "INV-W8",
       {with_previous(4)},
       {created(0, 7), shows(0, {with(kA4, kB3)})},
       4},
  });
}

TEST_CASE("a watcher is cancelled when compaction took what it waits for, and not otherwise") {
  check({
      {"before its first event", "", {from(1)}, {created(0, 7), cancelled(0, 3)}, 3},
      {"after some", "", {from(1)}, {created(0, 7), shows(0, {kA2}), cancelled(0, 5)}, 5},
      {"nobody compacted", "INV-W6", {from(1)}, {created(0, 7), cancelled(0, 3)}},
      {"nobody compacted that far", "INV-W6", {from(1)}, {created(0, 7), cancelled(0, 4)}, 3},
      {"for no reason", "INV-W6", {from(1)}, {created(0, 7), cancelled(0, 0)}, 7},
      {"its start is kept", "INV-W6", {from(4)}, {created(0, 7), cancelled(0, 4)}, 4},
      {"it waits for what is to come", "INV-W6", {from(0)}, {created(0, 7), cancelled(0, 7)}, 7},
      {"its next revision is kept", "INV-W6", {from(1)}, {created(0, 7), shows(0, {kA2, kB3}), cancelled(0, 4)}, 4},
      {"it was told of progress beyond",
       "INV-W6",
       {with_notices(6)},
       {created(0, 7), shows(0, {kA6}), notice(0, 7), cancelled(0, 8)},
       8},
      {"at once", "INV-W6", {from(1)}, {not_created()}},
      {"at once, and compacted", "INV-W6", {from(1)}, {not_created()}, 7},
  });
}

TEST_CASE("a notice of progress comes after all that it speaks of") {
  const WatchResponse all = shows(0, {kA2, kB3, kA4, kA5, kB5, kA6});
  check({
      {"of a watcher", "", {with_notices(1)}, {created(0, 7), all, notice(0, 7), notice(0, 7)}},
      {"of a stream", "", {from(1)}, {created(0, 7), all, notice(7), notice(7)}},
      {"between two revisions", "", {with_notices(3)}, {created(0, 3), shows(0, {kB3}), notice(0, 3), shows(0, {kA4})}},
      {"of what others change", "", {from(7)}, {created(0, 6), notice(7)}},
      {"just before its start", "", {with_notices(6)}, {created(0, 5), notice(0, 5), shows(0, {kA6})}},
      {"of a stream, before a watcher's start", "", {from(6)}, {created(0, 4), notice(4), shows(0, {kA6})}},
      {"too soon", "INV-W7", {with_notices(1)}, {created(0, 7), shows(0, {kA2}), notice(0, 3)}},
      {"of a stream, too soon", "INV-W7", {from(1)}, {created(0, 7), shows(0, {kA2}), notice(3)}},
      {"of a stream, too soon for one of two",
       "INV-W7",
       {from(1), from(4)},
       {created(0, 7), created(1, 7), all, shows(1, {kA4}), notice(5)}},
      {"of less than before", "INV-W7", {with_notices(1)}, {created(0, 7), all, notice(0, 7), notice(0, 6)}},
      {"of a stream, of less than before", "INV-W7", {from(1)}, {created(0, 7), all, notice(7), notice(6)}},
      {"and then an event of before", "INV-W7", {from(1)}, {created(0, 7), all, notice(7), shows(0, {kA6})}},
      {"that nobody wants", "INV-W7", {from(1)}, {created(0, 7), all, notice(0, 7)}},
      {"before its start", "INV-W6", {with_notices(6)}, {created(0, 4), notice(0, 4)}},
  });
}

TEST_CASE("watchers of one stream are told apart") {
  check({
      {"each of them",
       "",
       {from(4), from(6)},
       {created(0, 7), shows(0, {kA4}), created(5, 7), shows(5, {kA6}), shows(0, {kA5, kB5})}},
      {"and not judged further once one is wrong",
       "INV-W3",
       {from(4), from(6)},
       {created(0, 7), shows(0, {kA6}), created(1, 7), shows(1, {kA6})}},
      {"an event before its creation", "INV-W9", {from(4)}, {shows(0, {kA4}), created(0, 7)}},
      {"an event of nobody", "INV-W9", {from(4)}, {created(0, 7), shows(1, {kA4})}},
      {"one more than was asked for", "INV-W9", {from(4)}, {created(0, 7), created(1, 7)}},
      {"one number twice", "INV-W9", {from(4), from(4)}, {created(0, 7), created(0, 7)}},
      {"an event after the end", "INV-W9", {from(1)}, {created(0, 7), cancelled(0, 3), shows(0, {kA2})}, 3},
      {"the end twice", "INV-W9", {from(1)}, {created(0, 7), cancelled(0, 3), cancelled(0, 3)}, 3},
      {"a number again after the end",
       "INV-W9",
       {from(1), from(1)},
       {created(0, 7), cancelled(0, 3), created(0, 7)},
       3},
      {"a notice after the end of another one",
       "",
       {from(1), from(7)},
       {created(0, 7), created(1, 7), cancelled(0, 3), notice(7)},
       3},
  });
}

TEST_CASE("a watcher that went wrong is complained of once") {
  cluster_test::Violations violations;
  const Past past = log_of_all().past();
  check_watch_stream(
      {"stream", {from(1)}, {created(0, 7), shows(0, {kB3, kA4}), shows(0, {kA5, kB5}), notice(7), cancelled(0, 0)}},
      past, 0, violations);
  CHECK(violations.count() == 1);
}

}  // namespace viaduct::sim
