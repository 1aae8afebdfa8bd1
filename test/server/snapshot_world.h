// A leader's store, and a member that takes its snapshots: what a node does with a received state, without the node.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/peer_snapshot_sink.h"
#include "server/peer_snapshot_source.h"
#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"

namespace viaduct::server {

inline constexpr ClusterId kCluster{0xc};

// Runs what is posted on the thread that posts it.
struct AtOnce final : Executor {
  void post(std::unique_ptr<Task> task) override { task->run(); }
};

class SnapshotWorld final : public Installer {
 public:
  // The member's data are below /data on `disk`, which has that directory.
  explicit SnapshotWorld(Disk& disk)
      : disk_(disk),
        directory_(open_directory(disk)),
        member(disk, state_options(directory_->path())),
        sink_(disk, *directory_, kCluster, *this, slow_, {}) {
    for (store::StoreFixture* store : {&member, &leader}) store->put("/a", "old");
  }

  peer::SnapshotSink& sink() { return sink_; }
  StateDirectory& directory() { return *directory_; }

  std::unique_ptr<PeerSnapshotSource> source(uint64_t number = 1, Term term = Term(1)) {
    peer::SnapshotName name;
    name.sender = MemberId(1);
    name.incarnation = 7;
    name.number = number;
    name.leader_term = term;
    return std::make_unique<PeerSnapshotSource>(*leader, kCluster, name);
  }

  // All of it, begun anew.
  Result<void> transfer(peer::SnapshotSource& from) {
    VIADUCT_TRY_ASSIGN(offset, sink_.begin(from.name()));
    for (;;) {
      VIADUCT_TRY_ASSIGN(chunk, from.next());
      if (chunk.empty()) return sink_.finish(from.name());
      VIADUCT_TRY_ASSIGN(end, sink_.write(from.name(), offset, chunk));
      offset = end;
    }
  }

  static std::string value_in(store::Store& store, const std::string& key) {
    std::optional<store::RecordId> id;
    {
      const store::Store::ReadLock lock(store);
      const store::Entry* const entry = store.find(store::Family::kKey, key);
      if (entry) id = entry->id();
    }
    return id ? std::string(store.load_value(*id).view()) : "(none)";
  }

  // --- Installer ---
  Result<void> admit(const peer::SnapshotName&) override { return admission; }
  void install(ReceivedState state, Done done) override {
    if (before_switch) before_switch();
    Result<void> switched = refusal ? state.switch_over() : refusal;
    if (!switched) return done(std::move(switched));
    if (after_switch) after_switch();
    member.replace_with(std::move(state.store), std::move(state.retire));
    done({});
  }
  Result<void> admission, refusal;
  std::function<void()> before_switch, after_switch;

 private:
  static std::unique_ptr<StateDirectory> open_directory(Disk& disk) {
    Result<std::unique_ptr<StateDirectory>> opened = StateDirectory::open(disk, "/data/state");
    REQUIRE(opened);
    return *std::move(opened);
  }
  static store::Options state_options(const std::string& directory) {
    store::Options options;
    options.directory = directory;
    return options;
  }

  Disk& disk_;
  AtOnce slow_;
  std::unique_ptr<StateDirectory> directory_;

 public:
  store::StoreFixture member, leader;

 private:
  PeerSnapshotSink sink_;
};

inline void make_data_directory(Disk& disk) {
  REQUIRE(disk.create_directory("/data"));
  REQUIRE(disk.sync_directory("/"));
}

}  // namespace viaduct::server
