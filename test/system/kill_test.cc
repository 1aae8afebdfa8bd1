// kill -9 under load, again and again: nothing that was acknowledged may be gone, change its index, or be missing from
// a watch that resumes where it left off (INV-D2, INV-W12).

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server_process.h"
#include "v2_client.h"

namespace viaduct::system_test {
namespace {

constexpr int kRounds = 50;
constexpr int kWriters = 8;
constexpr int kMaxWritesPerRound = 1500;

struct Write {
  std::string key;
  std::string value;
};

// What was acknowledged, by index. Every key is written once, so that its index must stay for ever.
class Acknowledged {
 public:
  void add(uint64_t index, Write write) {
    const std::lock_guard lock(mutex_);
    CHECK_MESSAGE(writes_.emplace(index, std::move(write)).second, "two writes were acknowledged with index ", index);
    ++count_;
  }
  size_t count() const { return count_; }
  const std::map<uint64_t, Write>& writes() const { return writes_; }

 private:
  std::mutex mutex_;
  std::map<uint64_t, Write> writes_;
  std::atomic<size_t> count_{0};
};

// Writes keys of its own until the server is gone.
void write_until_killed(int port, int writer, int round, Acknowledged& acknowledged) {
  V2Client client(port);
  for (int n = 0;; ++n) {
    const std::string name = std::to_string(round) + '-' + std::to_string(writer) + '-' + std::to_string(n);
    const std::optional<Answer> answer = client.put("/load/" + name, "value=v" + name);
    if (!answer) return;
    if (answer->status != 201) continue;
    acknowledged.add(answer->modified_index(), {"/load/" + name, "v" + name});
  }
}

// Follows everything below /load by one long-poll after another, across restarts.
class Follower {
 public:
  explicit Follower(int port, uint64_t first) : next_(first), thread_([this, port] { follow(port); }) {}
  ~Follower() {
    done_ = true;
    thread_.join();
  }

  uint64_t next() const { return next_; }
  std::map<uint64_t, Write> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void follow(int port) {
    V2Client client(port);
    while (!done_) {
      const auto answer = client.get("/load?wait=true&recursive=true&waitIndex=" + std::to_string(next_));
      if (!answer || answer->status != 200) continue;
      const std::lock_guard lock(mutex_);
      // All writes of this test are below /load, so the indexes follow each other without a gap.
      CHECK(answer->modified_index() == next_);
      events_[answer->modified_index()] = {answer->key(), answer->value()};
      next_ = answer->modified_index() + 1;
    }
  }

  std::atomic<uint64_t> next_;
  std::atomic<bool> done_{false};
  std::mutex mutex_;
  std::map<uint64_t, Write> events_;
  std::thread thread_;
};

void check_round(int port, const std::map<uint64_t, Write>& writes, uint64_t after) {
  V2Client client(port);
  for (auto write = writes.upper_bound(after); write != writes.end(); ++write) {
    const auto answer = client.get(write->second.key);
    REQUIRE(answer);
    REQUIRE_MESSAGE(answer->status == 200, write->second.key, " was acknowledged and is gone");
    CHECK(answer->value() == write->second.value);
    CHECK(answer->modified_index() == write->first);
  }
}

void load_and_kill(ServerProcess& server, int round, size_t writes, Acknowledged& acknowledged) {
  const size_t enough = acknowledged.count() + writes;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] { write_until_killed(server.port(), i, round, acknowledged); });
  }
  while (acknowledged.count() < enough) std::this_thread::yield();
  server.stop(SIGKILL);
  for (std::thread& writer : writers) writer.join();
}

TEST_CASE("fifty kills under load lose nothing that was acknowledged, and a watch resumes without a gap") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  // A small snapshot count, so that kills meet barriers and log cuts as well.
  ServerProcess server({{"--snapshot-count", "2000"}, {}, {}});
  const uint64_t first = V2Client(server.port()).put("/load", "dir=true")->modified_index() + 1;
  Acknowledged acknowledged;
  uint64_t last_index = 0;
  {
    Follower follower(server.port(), first);
    for (int round = 0; round < kRounds; ++round) {
      CAPTURE(round);
      const uint64_t checked = acknowledged.writes().empty() ? 0 : acknowledged.writes().rbegin()->first;
      load_and_kill(server, round, 1 + random() % kMaxWritesPerRound, acknowledged);
      server.start();
      check_round(server.port(), acknowledged.writes(), checked);
      last_index = V2Client(server.port()).get("/load/none")->index;
      CHECK(last_index >= acknowledged.writes().rbegin()->first);
    }
    while (follower.next() <= last_index) std::this_thread::yield();
    V2Client(server.port()).put("/load/end", "value=end");  // lets the follower's last long-poll return
    const std::map<uint64_t, Write> events = follower.events();
    for (const auto& [index, write] : acknowledged.writes()) {
      REQUIRE(events.count(index) == 1);
      CHECK(events.at(index).key == write.key);
      CHECK(events.at(index).value == write.value);
    }
  }
  check_round(server.port(), acknowledged.writes(), 0);
  MESSAGE(kRounds, " kills, ", acknowledged.count(), " acknowledged writes, none lost");
}

}  // namespace
}  // namespace viaduct::system_test
