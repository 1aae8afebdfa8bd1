#include "v3/snapshot_service.h"

#include <doctest/doctest.h>

#include <list>

#include "base/sha256.h"
#include "bolt/reader.h"
#include "etcdserverpb/rpc.pb.h"
#include "test/support/fake_disk.h"
#include "test/v3/fake_call.h"
#include "test/v3/service_world.h"

using namespace viaduct;
using namespace viaduct::v3;

namespace {

constexpr const char* kPath = "/etcdserverpb.Maintenance/Snapshot";
constexpr size_t kChunkBytes = 32'768;

struct Snapshots {
  explicit Snapshots(const std::string& release = "3.5.21") {
    add_snapshot_method(methods, world.engine, disk, Release(release), {.directory = "/", .reserve_bytes = 1 << 20});
    put("/a/b", "1");
  }
  ~Snapshots() {
    world.on_loop([this] { streams.clear(); });
    world.settle();
  }

  void put_megabytes() {
    for (int i = 0; i < 300; ++i) put("/k/" + std::to_string(i), std::string(9000, 'v'));
  }
  void put(const std::string& key, const std::string& value) {
    Command command;
    command.mutable_put()->set_key(key);
    command.mutable_put()->set_value(value);
    world.apply(command);
  }

  // What a client is told until its stream ends or waits for it.
  std::shared_ptr<Said> begin(size_t backlog = 0) {
    world.on_loop([&] {
      FakeStream& stream = streams.emplace_back(methods, kPath, &world.loop());
      stream.said->backlog = backlog;
      etcdserverpb::SnapshotRequest request;
      stream.inbound->on_message(request);
      stream.inbound->on_half_close();
    });
    world.settle();
    return streams.back().said;
  }
  void drain() {
    world.on_loop([&] { streams.back().inbound->on_drained(); });
    world.settle();
  }

  ServiceWorld world;
  FakeDisk disk;
  Methods methods;
  std::list<FakeStream> streams;
};

std::string blobs_of(const Said& said, size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += said.message<etcdserverpb::SnapshotResponse>(i).blob();
  return bytes;
}

}  // namespace

TEST_CASE("a snapshot comes in chunks as etcd cuts them, then its digest") {
  Snapshots snapshots;
  snapshots.put_megabytes();
  const auto said = snapshots.begin();
  REQUIRE(said->end);
  CHECK(*said->end == Status());
  const size_t chunks = said->messages.size() - 1;
  const std::string file = blobs_of(*said, chunks);
  CHECK(file.size() > 2'700'000);
  CHECK(file.size() % 4096 == 0);
  uint64_t remaining = file.size();
  for (size_t i = 0; i < chunks; ++i) {
    const auto message = said->message<etcdserverpb::SnapshotResponse>(i);
    CHECK(message.blob().size() == std::min<uint64_t>(kChunkBytes, remaining));
    remaining -= message.blob().size();
    CHECK(message.remaining_bytes() == remaining);
    CHECK(!message.has_header());
    CHECK(message.version().empty());
  }
  CHECK(remaining == 0);
  Sha256 sha;
  sha.add(file);
  const auto last = said->message<etcdserverpb::SnapshotResponse>(chunks);
  CHECK(last.blob() == sha.finish());
  CHECK(last.remaining_bytes() == 0);

  const auto saved = snapshots.disk.open("/saved", OpenMode::kCreate);
  REQUIRE(saved);
  REQUIRE((*saved)->write_at(0, file));
  const auto reader = bolt::Reader::open(**saved, file.size());
  REQUIRE(reader);
  CHECK(reader->bucket_names().value() == std::vector<std::string>{"alarm", "auth", "authRoles", "authUsers", "cluster",
                                                                   "key", "lease", "members", "members_removed", "meta",
                                                                   "viaduct"});
}

TEST_CASE("from 3.6 on each message names the storage version") {
  Snapshots snapshots("3.6.4");
  const auto said = snapshots.begin();
  for (size_t i = 0; i < said->messages.size(); ++i) {
    CHECK(said->message<etcdserverpb::SnapshotResponse>(i).version() == "3.6.0");
  }
}

TEST_CASE("the file has no name while it is sent") {
  Snapshots snapshots;
  snapshots.put_megabytes();
  const auto said = snapshots.begin(1);
  CHECK(!said->end);
  CHECK(snapshots.disk.list("/").value().empty());
}

TEST_CASE("what a crash left of a file is no hindrance") {
  Snapshots snapshots;
  REQUIRE(snapshots.disk.open("/snapshot.tmp", OpenMode::kCreate));
  CHECK(*snapshots.begin()->end == Status());
  CHECK(snapshots.disk.list("/").value().empty());
}

TEST_CASE("a client that does not read gets one block and no more") {
  Snapshots snapshots;
  snapshots.put_megabytes();
  const auto said = snapshots.begin(1);
  CHECK(said->messages.size() == 32);
  snapshots.drain();
  CHECK(said->messages.size() == 64);
  CHECK(!said->end);
  for (int i = 0; i < 5 && !said->end; ++i) snapshots.drain();
  CHECK(said->end);
}

TEST_CASE("only so many files are there at once") {
  Snapshots snapshots;
  snapshots.put_megabytes();
  const auto first = snapshots.begin(1), second = snapshots.begin(1), third = snapshots.begin(1);
  CHECK(!first->end);
  CHECK(!second->end);
  REQUIRE(third->end);
  CHECK(third->end->code == StatusCode::kResourceExhausted);
  CHECK(third->end->message == "etcdserver: too many requests");
  SUBCASE("until a client goes") {
    snapshots.world.on_loop([&] { snapshots.streams.front().inbound->on_gone(); });
    snapshots.world.settle();
    CHECK(!snapshots.begin(1)->end);
  }
  SUBCASE("until a stream is destroyed") {
    snapshots.world.on_loop([&] { snapshots.streams.pop_front(); });
    snapshots.world.settle();
    CHECK(!snapshots.begin(1)->end);
  }
}

TEST_CASE("the disk is not filled") {
  Snapshots snapshots;
  snapshots.put_megabytes();
  SUBCASE("there is no room from the beginning") {
    snapshots.disk.set_free_bytes(3 << 20);
    const auto said = snapshots.begin();
    REQUIRE(said->end);
    CHECK(said->end->code == StatusCode::kResourceExhausted);
    CHECK(said->end->message.starts_with("etcdserver: no room for a snapshot: it needs about "));
    CHECK(said->messages.empty());
  }
  SUBCASE("the disk says so") {
    snapshots.disk.fail_call(1, {Code::kNoSpace, "no space left on device"}, FakeDisk::Repeat::kOnce, "write ");
    const auto said = snapshots.begin();
    REQUIRE(said->end);
    CHECK(said->end->code == StatusCode::kResourceExhausted);
  }
  CHECK(snapshots.disk.list("/").value().empty());
}

TEST_CASE("a server that stops ends the stream") {
  Snapshots snapshots;
  snapshots.put_megabytes();
  const auto said = snapshots.begin(1);
  snapshots.world.on_loop([&] { snapshots.streams.back().inbound->on_shutdown(); });
  REQUIRE(said->end);
  CHECK(said->end->message == "etcdserver: server stopped");
}
