#include "server/proposals.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "server/stamped.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

constexpr uint64_t kSelf = 0xa, kIncarnation = 5;

class PostingThread final : public Executor {
 public:
  void post(std::unique_ptr<Task> task) override { task->run(); }
};

// Proposals by their numbers; who is answered tells which one it was.
class World {
 public:
  Entry entry(uint64_t index, uint64_t term, uint64_t id, uint64_t member = kSelf) {
    Command command;
    command.mutable_tick();
    command.set_origin_member(member);
    command.set_origin_incarnation(kIncarnation);
    command.set_origin_id(id);
    return Entry{Term(term), Index(index), EntryType::kCommand, serialize_unstamped(command)};
  }
  void append(uint64_t index, uint64_t term, uint64_t id) {
    Proposals::Waiting waiting = this->waiting(id);
    waiting.entry = std::make_shared<const Entry>(entry(index, term, id));
    waiting.index = Index(index);
    waiting.sent = Term(term);
    proposals.appended(std::move(waiting));
  }
  void forward(uint64_t term, uint64_t id) {
    Proposals::Waiting waiting = this->waiting(id);
    waiting.data = entry(0, 0, id).data;
    waiting.sent = Term(term);
    proposals.keep(std::move(waiting));
  }
  // The number of the proposal that is answered by this entry; 0 for none.
  uint64_t commit(const Entry& entry) { return number_of(proposals.committed(entry)); }
  std::set<uint64_t> idle() {
    std::set<uint64_t> numbers;
    proposals.each_idle([&](Proposals::Waiting& waiting) {
      numbers.insert(waiting.id);
      return Proposals::Fate::kStays;
    });
    return numbers;
  }

  Proposals proposals{MemberId(kSelf), kIncarnation, {}};

 private:
  struct Numbered final : v3bridge::Completion {
    Numbered(Executor& home, uint64_t own) : Completion(home), number(own) {}
    void done(v3bridge::Outcome) override {}
    const uint64_t number;
  };
  static uint64_t number_of(const std::unique_ptr<v3bridge::Completion>& completion) {
    return completion ? static_cast<const Numbered&>(*completion).number : 0;
  }
  Proposals::Waiting waiting(uint64_t id) {
    Proposals::Waiting waiting;
    waiting.id = id;
    waiting.completion = std::make_unique<Numbered>(here_, id);
    return waiting;
  }
  PostingThread here_;
};

TEST_CASE("a leader's own entries are answered by index and term") {
  World world;
  for (const uint64_t id : {1, 2, 3}) world.append(10 + id, 3, id);
  CHECK(world.commit(world.entry(10, 3, 99, 0xb)) == 0);
  for (const uint64_t id : {1, 2, 3}) CHECK(world.commit(world.entry(10 + id, 3, id)) == id);
  CHECK(world.proposals.empty());
}

TEST_CASE("an entry of an older term in the place of a leader's own is not its answer") {
  World world;
  world.append(10, 3, 1);  // never left this member
  world.append(11, 3, 2);
  CHECK(world.commit(world.entry(10, 2, 77, 0xb)) == 0);  // the leader of term 4 had it from term 2
  CHECK(world.idle() == std::set<uint64_t>{1});
  CHECK(world.commit(world.entry(11, 4, 78, 0xb)) == 0);
  CHECK(world.idle() == std::set<uint64_t>{1, 2});
}

TEST_CASE("what a leader in between has replaced is not lost before an entry of a newer term is committed") {
  World world;
  for (const uint64_t id : {1, 2, 3}) world.append(9 + id, 3, id);  // 10 to 12
  world.append(11, 5, 4);  // it leads again: 10 is another's of term 4 now, 11 its own
  CHECK(world.idle().empty());
  SUBCASE("they may have survived elsewhere") {
    CHECK(world.commit(world.entry(10, 3, 1)) == 1);
    CHECK(world.commit(world.entry(11, 3, 2)) == 2);
    CHECK(world.commit(world.entry(12, 3, 3)) == 3);
    CHECK(world.idle() == std::set<uint64_t>{4});  // its place was taken
  }
  SUBCASE("or not") {
    CHECK(world.commit(world.entry(10, 4, 88, 0xb)) == 0);
    CHECK(world.idle() == std::set<uint64_t>{1, 2, 3});
    CHECK(world.commit(world.entry(11, 5, 4)) == 4);
  }
}

// Proposing again what waited takes the places of entries that a leader in between has replaced.
TEST_CASE("what is replaced while the idle are proposed again is kept beside them") {
  constexpr uint64_t kEach = 200;  // more than fit in one node of the tree
  World world;
  for (uint64_t i = 0; i < kEach; ++i) world.append(10 + i, 3, 2 * i + 1);
  for (uint64_t i = 0; i < kEach; ++i) {
    world.forward(4, 2 * i + 2);
    world.proposals.not_appended(2 * i + 2, Term(4));
  }
  std::vector<uint64_t> visited;
  world.proposals.each_idle([&](Proposals::Waiting& waiting) {
    visited.push_back(waiting.id);
    world.append(9 + visited.size(), 5, waiting.id);
    return Proposals::Fate::kTaken;
  });
  REQUIRE(visited.size() == kEach);
  for (uint64_t i = 0; i < kEach; ++i) CHECK(visited[i] == 2 * i + 2);
  CHECK(world.proposals.idle() == 0);
  CHECK(world.proposals.size() == 2 * kEach);
  for (uint64_t i = 0; i < kEach; ++i) CHECK(world.commit(world.entry(10 + i, 5, 2 * i + 2)) == 2 * i + 2);
  CHECK(world.idle().size() == kEach);
}

TEST_CASE("what was forwarded is answered by its number, and free again once a newer term is seen") {
  World world;
  world.forward(3, 1);
  world.forward(3, 2);
  CHECK(world.commit(world.entry(10, 3, 2)) == 2);
  CHECK(world.commit(world.entry(11, 3, 1, 0xb)) == 0);  // another member's first
  CHECK(world.idle().empty());
  CHECK(world.commit(world.entry(12, 4, 50, 0xb)) == 0);
  CHECK(world.idle() == std::set<uint64_t>{1});
}

TEST_CASE("a refusal is believed if it is of the newest sending") {
  World world;
  world.forward(4, 1);
  world.proposals.not_appended(1, Term(3));
  CHECK(world.idle().empty());
  CHECK_FALSE(world.proposals.refused(1, Term(3)));
  world.proposals.not_appended(1, Term(4));
  CHECK(world.idle() == std::set<uint64_t>{1});
}

}  // namespace
}  // namespace viaduct::server
