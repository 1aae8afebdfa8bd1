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
#include "server/quarantine.h"
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
        leader(leader_disk_, state_options("/state")),
        sink_(disk, *directory_, kCluster, *this, slow_, {}) {
    for (store::StoreFixture* store : {&member, &leader}) store->put("/a", "old");
  }

  PeerSnapshotSink& sink() { return sink_; }
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
  FakeDisk leader_disk_;
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

// Of the member, which has a log as well.
inline NodeOptions member_options() {
  NodeOptions options;
  options.wal_directory = "/data/wal";
  options.state_directory = "/data/state";
  options.data_directory = "/data";
  options.cluster_id = kCluster;
  options.self.id = MemberId(0xa);
  options.wal_segment_bytes = 1 << 16;
  return options;
}

// A log with the entry that both stores of a SnapshotWorld begin with.
inline constexpr HardState kMemberHardState{Term(2), MemberId(3), Index(1)};
inline void create_log(Disk& disk, const NodeOptions& options, Random& random) {
  auto wal = wal::Wal::create(disk, options.wal_directory, wal_options(options), random);
  REQUIRE(wal);
  Entry entry;
  entry.index = Index(1);
  entry.term = Term(1);
  const EntryPtr shared = std::make_shared<const Entry>(entry);
  REQUIRE((*wal)->append({&shared, 1}, kMemberHardState));
  REQUIRE((*wal)->sync());
}

}  // namespace viaduct::server
