// Members that are nothing but links and port, on loopback sockets, and what they are told.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/listener.h"
#include "net/loop.h"
#include "peer/links.h"
#include "peer/port.h"
#include "test/peer/snapshot_world.h"

namespace viaduct::peer {

// Waits until it holds what it is asked for, at most 10 s.
class RecordingListener final : public Listener {
 public:
  void received(MemberId from, std::vector<Frame> frames) override {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !held_; });
    }
    change([&] { std::ranges::move(frames, std::back_inserter(frames_[from])); });
  }
  void dropped(MemberId to) override {
    change([&] { ++dropped_[to]; });
  }
  void gone(MemberId id) override {
    change([&] {
      ++gone_[id];
      gone_at_ = std::chrono::steady_clock::now();
    });
  }
  void self_removed() override {
    change([&] { self_removed_ = true; });
  }
  void superseded(uint64_t newest) override {
    change([&] { superseded_by_ = newest; });
  }
  Standing standing(MemberId id) const override {
    const std::lock_guard lock(mutex_);
    const auto found = standings_.find(id);
    return found == standings_.end() ? Standing::kUnknown : found->second;
  }
  void snapshot_sent(MemberId to, std::optional<Index> index) override {
    change([&] { snapshots_.emplace_back(to, index); });
  }

  void set_standing(MemberId id, Standing standing) {
    change([&] { standings_[id] = standing; });
  }

  // received() blocks from here on, and with it the loop that calls it: a member that reads nothing.
  void hold() {
    change([&] { held_ = true; });
  }
  void let_go() {
    change([&] { held_ = false; });
  }

  template <typename Condition>
  bool eventually(Condition condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return condition(); });
  }
  bool await_frames(MemberId from, size_t count) const {
    return eventually([&] { return count_of(frames_, from) >= count; });
  }
  bool await_gone(MemberId id, int times) const {
    return eventually([&] { return value_of(gone_, id) >= times; });
  }
  bool await_dropped(MemberId to) const {
    return eventually([&] { return value_of(dropped_, to) > 0; });
  }
  bool await_self_removed() const {
    return eventually([&] { return self_removed_; });
  }
  bool await_superseded(uint64_t newest) const {
    return eventually([&] { return superseded_by_ == newest; });
  }
  bool is_superseded() const {
    const std::lock_guard lock(mutex_);
    return superseded_by_ > 0;
  }
  bool await_snapshots(size_t count) const {
    return eventually([&] { return snapshots_.size() >= count; });
  }

  std::vector<Frame> take_frames(MemberId from) {
    const std::lock_guard lock(mutex_);
    return std::exchange(frames_[from], {});
  }
  int times_gone(MemberId id) const {
    const std::lock_guard lock(mutex_);
    return value_of(gone_, id);
  }
  std::chrono::steady_clock::time_point gone_at() const {
    const std::lock_guard lock(mutex_);
    return gone_at_;
  }
  int times_dropped(MemberId to) const {
    const std::lock_guard lock(mutex_);
    return value_of(dropped_, to);
  }
  std::vector<std::pair<MemberId, std::optional<Index>>> snapshots() const {
    const std::lock_guard lock(mutex_);
    return snapshots_;
  }

 private:
  template <typename Function>
  void change(Function function) {
    {
      const std::lock_guard lock(mutex_);
      function();
    }
    changed_.notify_all();
  }
  static int value_of(const std::map<MemberId, int>& map, MemberId id) {
    const auto found = map.find(id);
    return found == map.end() ? 0 : found->second;
  }
  static size_t count_of(const std::map<MemberId, std::vector<Frame>>& map, MemberId id) {
    const auto found = map.find(id);
    return found == map.end() ? 0 : found->second.size();
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<MemberId, std::vector<Frame>> frames_;
  std::map<MemberId, int> dropped_, gone_;
  std::map<MemberId, Standing> standings_;
  std::vector<std::pair<MemberId, std::optional<Index>>> snapshots_;
  std::chrono::steady_clock::time_point gone_at_;
  bool self_removed_ = false;
  uint64_t superseded_by_ = 0;
  bool held_ = false;
};

// Answers "fallback" to what the port leaves it.
class Fallback final : public net::Handler {
 public:
  void handle(net::Loop& loop, net::Request&&, net::ReplyHandle handle) override {
    net::Reply reply;
    reply.body = "fallback";
    loop.reply(handle, std::move(reply));
  }
};

// One member.
class Member {
 public:
  // Listens at `address`, which is a path if the scheme is unix; empty: any port.
  explicit Member(LinksOptions options, std::string address = {}, std::string scheme = "http");
  ~Member();

  void leave();  // closes the listener and every connection, as when the process ends

  Peer peer() const { return {id, {scheme + "://" + address}}; }
  PeerFigures figures_of(MemberId other) const;
  bool await_connected(MemberId other) const;

  const MemberId id;
  LinksOptions options;
  RecordingListener listener;
  SystemClock clock;
  Fallback fallback;
  KeepingSink sink;
  std::unique_ptr<Links> links;
  std::unique_ptr<Port> port;
  std::unique_ptr<net::LoopGroup> loops;
  std::unique_ptr<net::Listener> socket;
  const std::string scheme;
  std::string address;
};

// Members 1 to `count`, who know each other; connected when made.
class World {
 public:
  explicit World(size_t count, const std::function<void(LinksOptions&)>& adjust = {});
  Member& operator[](uint64_t id) { return *members_[id - 1]; }
  // It was gone, and comes back where it was, as another incarnation; connected again.
  void restart(uint64_t id);

 private:
  void introduce();

  std::vector<std::unique_ptr<Member>> members_;
};

LinksOptions options_of(uint64_t id, uint64_t cluster = 0xc1);

// From member to member, as options_of() has them.
Frame append_of(uint64_t from, uint64_t to, size_t entries, size_t bytes, uint64_t previous = 0);
Frame heartbeat_of(uint64_t from, uint64_t to, uint64_t round);

template <typename Condition>
bool poll_until(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace viaduct::peer
