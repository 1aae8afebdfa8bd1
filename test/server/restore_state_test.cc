#include "server/restore_state.h"

#include <doctest/doctest.h>

#include "leasepb/lease.pb.h"
#include "mvccpb/kv.pb.h"
#include "test/server/snapshot_source.h"
#include "test/support/quiet_log.h"
#include "v3/snapshot_format.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "v3bridge/reader.h"

using namespace viaduct;
using namespace viaduct::server;

namespace {

constexpr const char* kRestored = "/restored";

struct Restored {
  RestoredState state;
  std::unique_ptr<store::Store> store;

  store::Numbers numbers() const {
    const store::Store::ReadLock lock(*store);
    return store->numbers();
  }
};

Restored restore(SnapshotSource& source, File& file, RestoreStateOptions options = {}) {
  options.directory = kRestored;
  const bolt::Reader reader = reader_of(file);
  auto state = restore_state(source.disk(), reader, options);
  if (!state) FAIL(state.error().message);
  store::Options store_options;
  store_options.directory = kRestored;
  auto store = store::Store::open(source.disk(), store_options);
  REQUIRE(store);
  return {*state, *std::move(store)};
}

// "key=value create=2 mod=3 version=1 lease=0" of all keys at a revision.
std::vector<std::string> keys_at(const store::Store& store, uint64_t revision = 0) {
  auto snapshot = store.snapshot(Revision(revision));
  REQUIRE(snapshot);
  std::vector<std::string> lines;
  for (const store::NodeView& node : (*snapshot)->slice(store::Family::kKey, "", "", 1000)) {
    lines.push_back(node.key + "=" + std::string(node.value.view()) + " create=" + to_string(node.create_revision) +
                    " mod=" + to_string(node.mod_revision) + " version=" + std::to_string(node.version) +
                    " lease=" + std::to_string(node.lease.value));
  }
  return lines;
}

std::vector<std::string> leases_of(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  std::vector<std::string> lines;
  store.each_lease([&](const store::Lease& lease) {
    std::string line = std::to_string(lease.id.value) + " ttl=" + std::to_string(lease.ttl_seconds);
    for (const auto& [family, name] : store.attached(lease.id)) {
      if (family == store::Family::kKey) line += " " + name;
    }
    lines.push_back(line);
    return true;
  });
  return lines;
}

std::string v2_tree(const store::Store& store) {
  const auto answer = v3bridge::read_slow(store, {"", true}, 0);
  std::string text;
  for (const v3bridge::V2Node& node : std::get<v3bridge::Listing>(answer).nodes) {
    text += node.key + (node.dir ? "/" : "=" + std::string(node.value.view())) + "\n";
  }
  return text;
}

std::string refusal_of(SnapshotSource& source, File& file, uint64_t bump = 0) {
  RestoreStateOptions options;
  options.directory = kRestored;
  options.bump_revision = bump;
  const bolt::Reader reader = reader_of(file);
  const auto state = restore_state(source.disk(), reader, options);
  return state ? "" : state.error().message;
}

}  // namespace

TEST_CASE("a restored store is the one that the snapshot was of, number for number") {
  for (const uint64_t compacted : {0, 1, 2, 8, 15, 20}) {
    for (const bool cleaned : {false, true}) {
      CAPTURE(compacted);
      CAPTURE(cleaned);
      SnapshotSource source;
      source.fill();
      if (compacted > 0) source.compact(compacted);
      while (cleaned && source.store().compact_some(3)) {
      }
      const std::unique_ptr<File> file = snapshot_of(source);
      const Restored restored = restore(source, *file);
      CHECK(restored.state.exact);
      CHECK(restored.store->hash() == source.store().hash());
      CHECK(restored.store->applied().index == kRestoredIndex);
      CHECK(restored.store->applied().term == kRestoredTerm);
    }
  }
}

TEST_CASE("an empty store is restored") {
  SnapshotSource source("/root");
  const std::unique_ptr<File> file = snapshot_of(source);
  const Restored restored = restore(source, *file);
  CHECK(restored.state.exact);
  CHECK(restored.store->hash() == source.store().hash());
  CHECK(restored.store->v2_root() == "/root");
}

TEST_CASE("a snapshot is of one moment, whatever is written, compacted and forgotten while it is built") {
  SnapshotSource source;
  for (int i = 0; i < 2000; ++i) source.v2_set("/dir/" + std::to_string(i % 700), std::string(20, 'x'));
  source.compact(500);
  const uint64_t before = source.store().hash();
  const std::unique_ptr<File> file = new_file(source.disk(), "/snapshot");
  v3::snapshot::Builder builder(source.store().copy(), *file);
  while (builder.step().value()) {
    for (int i = 0; i < 300; ++i) source.v2_set("/dir/" + std::to_string(i), "later");
    source.compact(source.numbers().revision.value);
    while (source.store().compact_some(1000)) {
    }
  }
  CHECK(source.store().hash() != before);
  CHECK(restore(source, *file).store->hash() == before);
}

TEST_CASE("etcd finds each kept change of a key under its revision, and the leases") {
  SnapshotSource source;
  source.fill();
  const std::unique_ptr<File> file = snapshot_of(source);
  std::vector<std::string> rows;
  for (const auto& [key, value] : rows_of(*file, "key")) {
    const auto id = v3::snapshot::decode_row_id(key);
    REQUIRE(id);
    mvccpb::KeyValue kv;
    REQUIRE(kv.ParseFromString(value));
    CHECK(id->tombstone == (kv.version() == 0));
    if (!id->tombstone) CHECK(kv.mod_revision() == static_cast<int64_t>(id->main.value));
    rows.push_back(to_string(id->main) + "." + std::to_string(id->sub) + (id->tombstone ? "t " : " ") + kv.key());
  }
  CHECK(rows == std::vector<std::string>{"2.0 /a/b",
                                         "3.0 /a/b",
                                         "4.0 /x/implicit",
                                         "5.0 not a path",
                                         "8.0 /brief/file",
                                         "9.0 /t",
                                         "10.0 /renewed",
                                         "11.0 leased",
                                         "12.0 /x/leased too",
                                         "13.0 gone with its lease",
                                         "14.0t gone with its lease",
                                         "15.0 /z/3",
                                         "15.1 /z/1",
                                         "15.2 /z/2",
                                         "15.3 z",
                                         "16.0t /z/1",
                                         "17.0 /a",
                                         "18.0 /deleted/1",
                                         "19.0 /deleted/2",
                                         "20.0t /deleted/1",
                                         "20.1t /deleted/2",
                                         "21.0 /x/implicit"});
  std::vector<std::string> leases;
  for (const auto& [key, value] : rows_of(*file, "lease")) {
    leasepb::Lease lease;
    REQUIRE(lease.ParseFromString(value));
    leases.push_back(std::to_string(lease.id()) + " " + std::to_string(lease.ttl()));
  }
  CHECK(leases == std::vector<std::string>{"77 60", "4611686018427387913 500", "4611686018427387915 100",
                                           "4611686018427387916 200"});
}

TEST_CASE("a head at which only directories changed is there for etcd, too") {
  SnapshotSource source;
  source.v3_put("viaduct/head", "a key of that name");
  source.v2_make_directory("/d");
  const std::unique_ptr<File> file = snapshot_of(source);
  const auto rows = rows_of(*file, "key");
  REQUIRE(rows.size() == 2);
  CHECK(v3::snapshot::decode_row_id(rows[1].first) == v3::snapshot::RowId{Revision(3), 0, true});
  mvccpb::KeyValue kv;
  REQUIRE(kv.ParseFromString(rows[1].second));
  CHECK(kv.key() == "viaduct/head_");
  CHECK(restore(source, *file).store->hash() == source.store().hash());
}

TEST_CASE("compaction is told to etcd") {
  SnapshotSource source;
  source.fill();
  source.compact(15);
  const std::unique_ptr<File> file = snapshot_of(source);
  const auto meta = rows_of(*file, "meta");
  REQUIRE(meta.size() == 3);
  const std::string compacted = v3::snapshot::encode_row_id({Revision(15), 0, false});
  CHECK(meta[1] == std::pair<std::string, std::string>("finishedCompactRev", compacted));
  CHECK(meta[2] == std::pair<std::string, std::string>("scheduledCompactRev", compacted));
}

TEST_CASE("from a file of etcd's come the same keys, revisions and leases") {
  for (const uint64_t compacted : {0, 8, 15, 20}) {
    CAPTURE(compacted);
    SnapshotSource source;
    source.fill();
    if (compacted > 0) source.compact(compacted);
    const std::unique_ptr<File> ours = snapshot_of(source);
    const std::unique_ptr<File> file = without_own_bucket(source, *ours);
    const Restored restored = restore(source, *file);
    CHECK(!restored.state.exact);
    CHECK(restored.numbers().revision == source.numbers().revision);
    CHECK(keys_at(*restored.store) == keys_at(source.store()));
    for (uint64_t revision = std::max<uint64_t>(compacted, 8); revision <= 21; ++revision) {
      CAPTURE(revision);
      CHECK(keys_at(*restored.store, revision) == keys_at(source.store(), revision));
    }
    // The directory of 500 s is v2's alone.
    CHECK(leases_of(*restored.store) ==
          std::vector<std::string>{"77 ttl=60 /x/leased too leased", "4611686018427387913 ttl=500",
                                   "4611686018427387915 ttl=100 /t", "4611686018427387916 ttl=200 /renewed"});
    CHECK(v2_tree(*restored.store) ==
          "/\n/a/\n/a/b=2\n/brief/\n/brief/file=\n/renewed=with ttl\n/t=with ttl\n/x/\n/x/implicit=again\n"
          "/x/leased too=5\n/z/\n/z/2=7\n/z/3=7\n");
  }
}

TEST_CASE("what etcd changed in our file counts, not what we had left in it") {
  SnapshotSource source;
  source.fill();
  const std::unique_ptr<File> ours = snapshot_of(source);
  const std::unique_ptr<File> file = new_file(source.disk(), "/changed");
  bolt::Writer writer(*file);
  for (const std::string& name : bucket_names(*ours)) {
    for (const auto& [key, value] : rows_of(*ours, name)) REQUIRE(writer.bucket(name).put(key, value));
  }
  mvccpb::KeyValue kv;
  kv.set_key("/a/b");
  kv.set_value("by etcd");
  kv.set_create_revision(2);
  kv.set_mod_revision(22);
  kv.set_version(3);
  REQUIRE(writer.bucket("key").put(v3::snapshot::encode_row_id({Revision(22), 0, false}), kv.SerializeAsString()));
  REQUIRE(writer.finish());
  const Restored restored = restore(source, *file);
  CHECK(!restored.state.exact);
  CHECK(keys_at(*restored.store)[1] == "/a/b=by etcd create=2 mod=22 version=3 lease=0");
  // No row is there for the revisions at which only directories changed: history begins behind the last of them.
  CHECK(restored.numbers().compacted_revision == Revision(7));
}

TEST_CASE("v2 may be given a root of its own in etcd's keys") {
  SnapshotSource source;
  source.v3_put("/pfx/a", "1");
  source.v3_put("/other", "2");
  const std::unique_ptr<File> ours = snapshot_of(source);
  const std::unique_ptr<File> file = without_own_bucket(source, *ours);
  RestoreStateOptions options;
  options.v2_root = "/pfx";
  const Restored restored = restore(source, *file, options);
  const auto answer = v3bridge::read_slow(*restored.store, {"", true}, 0);
  const auto& nodes = std::get<v3bridge::Listing>(answer).nodes;
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[1].key == "/a");
}

TEST_CASE("another root than the snapshot's is refused") {
  SnapshotSource source("/pfx");
  const std::unique_ptr<File> file = snapshot_of(source);
  RestoreStateOptions options;
  options.directory = kRestored;
  options.v2_root = "/other";
  const bolt::Reader reader = reader_of(*file);
  const auto state = restore_state(source.disk(), reader, options);
  REQUIRE(!state);
  CHECK(state.error().message == "--v2-root is \"/other\", but the snapshot was made with \"/pfx\"");
}

// Known bug: RB-60.
TEST_CASE("a bumped store begins above all numbers that clients may have seen, with nothing before it") {
  for (const bool exact : {true, false}) {
    CAPTURE(exact);
    SnapshotSource source;
    source.fill();
    const std::unique_ptr<File> ours = snapshot_of(source);
    const std::unique_ptr<File> foreign = without_own_bucket(source, *ours);
    RestoreStateOptions options;
    options.bump_revision = 1'000'000;
    const Restored restored = restore(source, exact ? *ours : *foreign, options);
    CHECK(restored.numbers().revision == Revision(1'000'021));
    CHECK(restored.numbers().compacted_revision == Revision(1'000'021));
    CHECK(restored.numbers().seq.value > 1'000'000 + 21);
    CHECK(restored.numbers().compacted_seq == restored.numbers().seq);
    CHECK(keys_at(*restored.store) == keys_at(source.store()));
    while (restored.store->compact_some(2)) {
    }
    CHECK(keys_at(*restored.store) == keys_at(source.store()));
  }
}

TEST_CASE("numbers that leave no room to count in are refused") {
  SnapshotSource source;
  source.fill();
  const std::unique_ptr<File> ours = snapshot_of(source);
  CHECK(refusal_of(source, *ours, UINT64_MAX) == "--bump-revision 18446744073709551615 is too large");

  SnapshotSource other;
  const std::unique_ptr<File> file = new_file(other.disk(), "/huge");
  bolt::Writer writer(*file);
  mvccpb::KeyValue kv;
  kv.set_key("k");
  REQUIRE(
      writer.bucket("key").put(v3::snapshot::encode_row_id({Revision(UINT64_MAX), 0, true}), kv.SerializeAsString()));
  REQUIRE(writer.finish());
  CHECK(refusal_of(other, *file) ==
        "bucket key: row ffffffffffffffff5f000000000000000074 has numbers that do not fit together");
}

TEST_CASE("a row that is put and deleted at once is refused") {
  SnapshotSource source;
  const std::unique_ptr<File> file = new_file(source.disk(), "/twice");
  bolt::Writer writer(*file);
  mvccpb::KeyValue kv;
  kv.set_key("k");
  kv.set_create_revision(2);
  kv.set_mod_revision(2);
  kv.set_version(1);
  auto& rows = writer.bucket("key");
  REQUIRE(rows.put(v3::snapshot::encode_row_id({Revision(2), 0, false}), kv.SerializeAsString()));
  REQUIRE(rows.put(v3::snapshot::encode_row_id({Revision(2), 0, true}), kv.SerializeAsString()));
  REQUIRE(writer.finish());
  CHECK(refusal_of(source, *file) ==
        "bucket key: row 00000000000000025f000000000000000074 has the revision of the one before it");
}

// Known bug: RB-60.
TEST_CASE("members and alarms of the old cluster are not taken over") {
  SnapshotSource source;
  const auto add_member = [&](uint64_t id) {
    source.apply([&](Command& command) {
      command.mutable_member_add()->set_id(id);
      command.mutable_member_add()->add_peer_urls("http://old:" + std::to_string(id));
    });
  };
  for (const uint64_t id : {1, 2, 7}) add_member(id);
  source.apply([](Command& command) { command.mutable_member_remove()->set_id(7); });
  source.apply([](Command& command) {
    command.mutable_alarm()->set_member(1);
    command.mutable_alarm()->set_kind(Alarm::NOSPACE);
    command.mutable_alarm()->set_raise(true);
  });
  source.apply([](Command& command) { command.mutable_set_cluster_version()->set_version("3.5.0"); });
  const std::unique_ptr<File> file = snapshot_of(source);
  RestoreStateOptions options;
  options.members = {{MemberId(7), "seven", {"http://a:1", "http://b:1"}, {}},
                     {MemberId(8), "eight", {"http://c:1"}, {}}};
  const Restored restored = restore(source, *file, options);
  const std::vector<v3bridge::Member> members = v3bridge::members(*restored.store);
  REQUIRE(members.size() == 2);
  CHECK(members[0].id == MemberId(7));
  CHECK(members[0].name == "");  // as etcd has it: the member says its name when it starts
  CHECK(members[0].peer_urls == std::vector<std::string>{"http://a:1", "http://b:1"});
  CHECK(members[1].id == MemberId(8));
  CHECK(v3bridge::removed_members(*restored.store).empty());
  CHECK(v3bridge::active_alarms(*restored.store).empty());
  CHECK(v3bridge::cluster_version(*restored.store) == "not_decided");
}

TEST_CASE("a damaged file is refused or restored, but never makes the program fall") {
  const QuietLog quiet;
  SnapshotSource source;
  source.fill();
  const std::unique_ptr<File> ours = snapshot_of(source);
  const std::unique_ptr<File> foreign = without_own_bucket(source, *ours);
  size_t refused = 0;
  for (File* const file : {ours.get(), foreign.get()}) {
    std::string content(file->size().value(), '\0');
    REQUIRE(file->read_at(0, content).value() == content.size());
    for (size_t at = 0; at < content.size(); at += content[at] == '\0' ? 97 : 5) {
      CAPTURE(at);
      FakeDisk disk;
      std::string bent = content;
      bent[at] ^= static_cast<char>(1 << at % 8);
      const std::unique_ptr<File> bent_file = new_file(disk, "/bent");
      REQUIRE(bent_file->write_at(0, bent));
      auto reader = bolt::Reader::open(*bent_file, bent.size());
      RestoreStateOptions options;
      options.directory = kRestored;
      if (!reader || !restore_state(disk, *reader, options)) ++refused;
    }
  }
  CHECK(refused > 50);
}
