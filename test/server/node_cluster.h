// Several nodes in one process, on disks, a clock and a network that the test owns. Their own threads run for real;
// time passes only as the test says, and a link between two of them may be cut, one way or both.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/server/node_world.h"

namespace viaduct::server {

class NodeCluster {
 public:
  struct Settings {
    std::chrono::milliseconds election_timeout{50};
    bool strict_reconfig = false;
    std::string version = "3.5.21";  // that each is told of the others
  };
  explicit NodeCluster(size_t size) : NodeCluster(size, Settings()) {}
  NodeCluster(size_t size, const Settings& settings) : settings_(settings) {
    for (size_t i = 0; i < size; ++i) founders_.push_back({id_of(i), "", {url_of(i)}, {}});
    for (size_t i = 0; i < size; ++i) add(i, {true, founders_});
    until("published members", [&] {  // before that no client is served
      for (auto& [id, place] : places_) {
        if (!place->node->wait_until_published(std::chrono::milliseconds(0))) return false;
      }
      return true;
    });
  }
  ~NodeCluster() {
    for (auto& [id, place] : places_) stop(id);
  }

  static MemberId id_of(size_t i) { return MemberId(i + 1); }
  static std::string url_of(size_t i) { return "http://127.0.0.1:" + std::to_string(2380 + i); }

  void add(size_t i, Founding founding) {
    auto place = std::make_unique<Place>(*this, id_of(i));
    REQUIRE(place->disk.create_directory("/data"));
    REQUIRE(place->disk.sync_directory("/"));
    NodeOptions& options = place->options;
    options.wal_directory = "/data/wal";
    options.state_directory = "/data/state";
    options.data_directory = "/data";
    options.cluster_id = ClusterId(0xc);
    options.self = {id_of(i), "m" + std::to_string(i), {url_of(i)}, {"http://127.0.0.1:" + std::to_string(4001 + i)}};
    options.founding = std::move(founding);
    options.cluster_version = "3.5.0";
    options.strict_reconfig = settings_.strict_reconfig;
    options.heartbeat_interval = std::chrono::milliseconds(5);
    options.election_timeout = settings_.election_timeout;
    options.wal_segment_bytes = 1 << 20;
    places_[id_of(i)] = std::move(place);
    start(id_of(i));
  }

  // One more voter, which asks the leader for all that there is.
  void join(size_t i) {
    const MemberId asked = leader();
    std::future<v3bridge::Outcome> added = begin(asked, NodeWorld::add_member(id_of(i), url_of(i)));
    tick();
    add(i, {false, {options(asked).self}});
    const v3bridge::Outcome outcome = finish(std::move(added));
    REQUIRE(std::holds_alternative<v3bridge::V3Result>(outcome.body));
    CHECK(std::get<v3bridge::V3Result>(outcome.body).error == v3bridge::V3Error::kNone);
  }

  void start(MemberId id) {
    if (const Result<void> started = try_start(id); !started) FAIL(started.error().message);
  }
  Result<void> try_start(MemberId id) {
    Place& place = *places_.at(id);
    VIADUCT_TRY_ASSIGN(opened, Node::open(place.disk, clock, place.random, place.options, nullptr));
    std::unique_ptr<Node> node = std::move(opened);
    node->connect(place, [&place] { place.removed = true; });
    Node& started = *node;
    {
      const std::lock_guard lock(mutex_);
      place.node = std::move(node);
    }
    started.start();
    return {};
  }
  FakeDisk& disk(MemberId id) { return places_.at(id)->disk; }
  const NodeOptions& options(MemberId id) const { return places_.at(id)->options; }
  // From its next start on, or not any more.
  void set_force_new_cluster(MemberId id, bool forced) { places_.at(id)->options.force_new_cluster = forced; }
  void stop(MemberId id) {
    std::unique_ptr<Node> stopped;
    {
      const std::lock_guard lock(mutex_);
      stopped = std::move(places_.at(id)->node);
    }
  }

  Node& node(MemberId id) { return *places_.at(id)->node; }
  void say_version(std::string version) {
    const std::lock_guard lock(mutex_);
    settings_.version = std::move(version);
  }
  bool was_removed(MemberId id) const { return places_.at(id)->removed; }

  // From `from` to `to` only.
  void cut(MemberId from, MemberId to) { change_link(from, to, true); }
  void heal() {
    const std::lock_guard lock(mutex_);
    cut_.clear();
  }
  void isolate(MemberId id) {
    for (auto& [other, place] : places_) {
      cut(id, other);
      cut(other, id);
    }
  }

  // Lets time pass until it is so; fails after what should be ages.
  void until(const char* what, const std::function<bool()>& done) {
    CAPTURE(what);
    for (int ticks = 0; ticks < 4000; ++ticks) {
      if (done()) return;
      tick();
    }
    FAIL("never came: " << what);
  }
  // Time for one heartbeat, and for what the nodes do then.
  void tick() {
    clock.advance(std::chrono::milliseconds(5));
    for (int turns = 0; turns < 2; ++turns) take_a_turn();
  }

  MemberId leader_of(MemberId id) { return node(id).raft_status().leader; }
  // The one that leads, as all that run and are not `except` say.
  MemberId leader(MemberId except = {}) {
    MemberId agreed;
    until("a leader", [&] {
      std::set<MemberId> named;
      for (auto& [id, place] : places_) {
        if (place->node && id != except) named.insert(leader_of(id));
      }
      agreed = *named.begin();
      return named.size() == 1 && agreed && agreed != except;
    });
    return agreed;
  }
  MemberId other_than(MemberId one) {
    for (auto& [id, place] : places_) {
      if (id != one && place->node) return id;
    }
    return {};
  }

  std::future<v3bridge::Outcome> begin(MemberId at, Command command) {
    auto answer = std::make_unique<Answer>(here_);
    auto future = answer->future();
    node(at).propose(std::move(command), std::move(answer));
    return future;
  }
  std::future<v3bridge::Outcome> begin_read(MemberId at) {
    auto answer = std::make_unique<Answer>(here_);
    auto future = answer->future();
    node(at).read_barrier(std::move(answer));
    return future;
  }
  v3bridge::Outcome finish(std::future<v3bridge::Outcome> future) {
    until("an answer", [&] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return future.get();
  }
  v3bridge::Outcome propose(MemberId at, Command command) { return finish(begin(at, std::move(command))); }

  bool has(MemberId at, const std::string& path) {
    const store::Store& store = node(at).store();
    const store::Store::ReadLock lock(store);
    return store.find(store::Family::kKey, path) != nullptr;
  }
  void until_all_equal() {
    until("equal members", [&] {
      std::set<std::pair<Index, uint64_t>> states;
      for (auto& [id, place] : places_) {
        if (!place->node || place->removed) continue;
        const store::Store& store = place->node->store();
        Index applied;
        {
          const store::Store::ReadLock lock(store);
          applied = store.applied().index;
        }
        states.emplace(applied, store.hash());
      }
      return states.size() == 1;
    });
  }

  ManualClock clock;

 private:
  // What nobody can be asked for is refused at the beginning of a raft thread's turn.
  void take_a_turn() {
    std::vector<std::future<v3bridge::Outcome>> refusals;
    for (auto& [id, place] : places_) {
      if (!place->node) continue;
      auto answer = std::make_unique<Answer>(here_);
      refusals.push_back(answer->future());
      place->node->move_leader(MemberId(UINT64_MAX), std::move(answer));
    }
    for (auto& refusal : refusals) refusal.wait();
  }

  // One member's place: it outlives the node that comes and goes, and is its way to the others.
  struct Place final : peer::Transport {
    Place(NodeCluster& c, MemberId i) : cluster(c), id(i), random(i.value) {}

    void send(MemberId to, peer::Frame frame) override { cluster.deliver(id, to, std::move(frame)); }
    void set_peers(const std::vector<peer::Peer>&) override {}
    void send_snapshot(MemberId to, std::unique_ptr<peer::SnapshotSource>) override { node->snapshot_sent(to, {}); }
    std::vector<peer::PeerFigures> figures() const override { return cluster.figures_of(id); }

    NodeCluster& cluster;
    const MemberId id;
    FakeDisk disk;
    SeededRandom random;
    NodeOptions options;
    std::unique_ptr<Node> node;
    std::atomic<bool> removed{false};
  };

  void change_link(MemberId from, MemberId to, bool is_cut) {
    const std::lock_guard lock(mutex_);
    is_cut ? void(cut_.insert({from, to})) : void(cut_.erase({from, to}));
  }
  void deliver(MemberId from, MemberId to, peer::Frame frame) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(to);
    if (place == places_.end() || !place->second->node || cut_.contains({from, to})) return;
    std::vector<peer::Frame> frames;
    frames.push_back(std::move(frame));
    place->second->node->received(from, std::move(frames));
  }
  std::vector<peer::PeerFigures> figures_of(MemberId id) {
    const std::lock_guard lock(mutex_);
    std::vector<peer::PeerFigures> figures;
    for (auto& [other, place] : places_) {
      if (other == id) continue;
      figures.emplace_back();
      figures.back().id = other;
      figures.back().version = settings_.version;
      figures.back().connected = place->node && !cut_.contains({id, other}) && !cut_.contains({other, id});
      figures.back().connected_for = std::chrono::minutes(1);
    }
    return figures;
  }

  Settings settings_;  // guarded by mutex_, once nodes run
  PostingThread here_;
  std::vector<v3bridge::Member> founders_;
  std::mutex mutex_;  // guards the nodes' coming and going, and the cuts
  std::map<MemberId, std::unique_ptr<Place>> places_;
  std::set<std::pair<MemberId, MemberId>> cut_;
};

}  // namespace viaduct::server
