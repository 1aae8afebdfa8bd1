#include "v3/watch_encoding.h"

#include <doctest/doctest.h>

#include <limits>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::WatchResponse;
using v3bridge::KeyChange;
using v3bridge::KeyRow;

constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();

KeyRow row(std::string_view key, uint64_t number, std::string_view value) {
  return {key, Revision(number), Revision(number), number, LeaseId(number), value};
}

std::string events_of(size_t count, size_t value_bytes) {
  std::string events;
  const std::string value(value_bytes, 'v');
  for (size_t i = 0; i < count; ++i) {
    KeyChange change;
    change.row = row("k", i + 1, value);
    append_event(events, change);
  }
  return events;
}

}  // namespace

TEST_CASE("a response is what protobuf would have made of it, byte by byte") {
  const std::string large(70'000, '\xff');
  const KeyRow rows[] = {row("", 0, ""), row("k", 1, "v"), row(std::string_view("\0", 1), 127, "\n"),
                         row("key", 128, large), row(large, kLargest, "")};
  for (const int64_t id : {int64_t{0}, int64_t{1}, int64_t{300}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    for (const bool fragment : {false, true}) {
      for (const HeaderNumbers& numbers :
           {HeaderNumbers{}, HeaderNumbers{ClusterId(kLargest), MemberId(1), Revision(300), Term(2)}}) {
        WatchResponse expected;
        expected.mutable_header()->set_cluster_id(numbers.cluster.value);
        expected.mutable_header()->set_member_id(numbers.member.value);
        expected.mutable_header()->set_revision(static_cast<int64_t>(numbers.revision.value));
        expected.mutable_header()->set_raft_term(numbers.term.value);
        expected.set_watch_id(id);
        expected.set_fragment(fragment);
        std::string header, events, got;
        append_header(header, numbers);
        for (const KeyRow& now : rows) {
          for (const KeyRow& before : rows) {
            for (const bool deleted : {false, true}) {
              KeyChange change{.deleted = deleted, .row = now, .prev = std::nullopt};
              if (!before.key.empty()) change.prev = before;
              append_event(events, change);
              mvccpb::Event& event = *expected.add_events();
              event.set_type(deleted ? mvccpb::Event::DELETE : mvccpb::Event::PUT);
              v3bridge::fill(*event.mutable_kv(), now);
              if (change.prev) v3bridge::fill(*event.mutable_prev_kv(), before);
            }
          }
        }
        append_response(got, header, id, fragment, events);
        CHECK(got == expected.SerializeAsString());
      }
    }
  }
}

TEST_CASE("events are cut between events, each piece below the limit or of one event") {
  const size_t one = events_of(1, 100).size();
  struct Case {
    const char* name;
    size_t events, bytes;
    std::vector<size_t> pieces;
  };
  for (const Case& c :
       {Case{"none", 0, 1000, {}}, Case{"one too large", 1, 10, {1}}, Case{"all fit", 3, 4 * one, {3}},
        Case{"the limit itself is too much", 4, 2 * one, {1, 1, 1, 1}}, Case{"just below it", 4, 2 * one + 1, {2, 2}},
        Case{"a rest", 5, 2 * one + 1, {2, 2, 1}}, Case{"each too large", 3, 1, {1, 1, 1}}}) {
    CAPTURE(c.name);
    const std::string events = events_of(c.events, 100);
    std::string joined;
    std::vector<size_t> pieces;
    for (const std::string_view piece : split_events(events, c.bytes)) {
      joined += piece;
      pieces.push_back(piece.size() / one);
    }
    CHECK(joined == events);
    CHECK(pieces == c.pieces);
  }
}

}  // namespace viaduct::v3
