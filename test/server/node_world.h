// A node on a disk and a clock that the test owns. The node's own threads run for real: a test moves time and then asks
// something, since whatever the node does at that time is done before it answers.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/random.h"
#include "server/node.h"
#include "server/node_timings.h"
#include "test/support/fake_disk.h"
#include "test/support/manual_clock.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {

// Runs what is posted on the thread that posts it.
class PostingThread final : public Executor {
 public:
  void post(std::unique_ptr<Task> task) override { task->run(); }
};

class Answer final : public v3bridge::Completion {
 public:
  explicit Answer(Executor& home) : Completion(home) {}
  void done(v3bridge::Outcome outcome) override { promise_.set_value(std::move(outcome)); }
  std::future<v3bridge::Outcome> future() { return promise_.get_future(); }

 private:
  std::promise<v3bridge::Outcome> promise_;
};

class NodeWorld {
 public:
  NodeWorld() {
    REQUIRE(disk.create_directory("/data"));
    REQUIRE(disk.sync_directory("/"));
    options.wal_directory = "/data/wal";
    options.state_directory = "/data/state";
    options.data_directory = "/data";
    options.cluster_id = ClusterId(0xc);
    options.self = {MemberId(0xa), "alone", {"http://localhost:2380"}, {"http://localhost:2379"}};
    options.cluster_version = "3.5.0";
    options.heartbeat_interval = std::chrono::milliseconds(5);
    options.election_timeout = std::chrono::milliseconds(50);
    options.wal_segment_bytes = 1 << 20;
  }
  ~NodeWorld() { node.reset(); }

  // Opens what the disk holds; served once this returns.
  void start() { start_on(disk); }
  void start_on(Disk& other_disk) {
    Result<std::unique_ptr<Node>> opened = Node::open(other_disk, clock, random, options, &timings);
    if (!opened) FAIL(opened.error().message);
    node = std::move(opened).value();
    node->start();
    const auto is_published = [&] { return node->wait_until_published(std::chrono::milliseconds(0)); };
    for (int ticks = 0; ticks < 1000 && !is_published(); ++ticks) pass(options.heartbeat_interval);
    REQUIRE(is_published());
  }
  void restart() {
    node.reset();
    start();
  }

  // Passes time and lets the node do what is due then.
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    settle();
  }
  void settle() {
    for (int i = 0; i < 2; ++i) barrier();  // one turn proposes, the next has it applied
  }

  v3bridge::Outcome propose(Command command) {
    auto answer = std::make_unique<Answer>(here);
    auto future = answer->future();
    node->propose(std::move(command), std::move(answer));
    return get(std::move(future));
  }
  v3bridge::Outcome barrier() {
    auto answer = std::make_unique<Answer>(here);
    auto future = answer->future();
    node->read_barrier(std::move(answer));
    return get(std::move(future));
  }

  v3bridge::Outcome compaction_barrier() {
    auto answer = std::make_unique<Answer>(here);
    auto future = answer->future();
    node->compaction_barrier(std::move(answer));
    return get(std::move(future));
  }

  static Command put(const std::string& path, const std::string& value, std::optional<uint64_t> ttl = std::nullopt) {
    Command command;
    V2Write& write = *command.mutable_v2_write();
    write.set_path(path);
    write.set_value(value);
    if (ttl) write.set_ttl_seconds(*ttl);
    return command;
  }
  static Command add_member(MemberId id, const std::string& url, bool learner = false) {
    Command command;
    command.mutable_member_add()->set_id(id.value);
    command.mutable_member_add()->add_peer_urls(url);
    command.mutable_member_add()->set_is_learner(learner);
    command.mutable_member_add()->set_max_learners(1);
    return command;
  }
  static Command remove_member(MemberId id) {
    Command command;
    command.mutable_member_remove()->set_id(id.value);
    return command;
  }
  bool has(const std::string& path) const {
    const store::Store::ReadLock lock(node->store());
    return node->store().find(store::Family::kKey, path) != nullptr;
  }
  store::Numbers numbers() const {
    const store::Store::ReadLock lock(node->store());
    return node->store().numbers();
  }

  FakeDisk disk;
  ManualClock clock;
  SeededRandom random{1};
  PostingThread here;
  NodeTimings timings{std::chrono::milliseconds(100)};
  NodeOptions options;
  std::unique_ptr<Node> node;

 private:
  static v3bridge::Outcome get(std::future<v3bridge::Outcome> future) {
    REQUIRE(future.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    return future.get();
  }
};

inline bool succeeded(const v3bridge::Outcome& outcome) {
  return std::holds_alternative<v3bridge::V2Done>(outcome.body);
}
inline std::string refusal(const v3bridge::Outcome& outcome) {
  const auto* refused = std::get_if<v3bridge::Refusal>(&outcome.body);
  return refused ? refused->text : "not refused";
}

}  // namespace viaduct::server
