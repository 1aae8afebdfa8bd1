#include "server/restore.h"

#include <doctest/doctest.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "server/data_directory.h"
#include "server/identity_file.h"
#include "server/recovery.h"
#include "test/server/snapshot_source.h"
#include "test/support/quiet_log.h"
#include "v3bridge/admin.h"

using namespace viaduct;
using namespace viaduct::server;

namespace {

// The source's file as `etcdctl snapshot save` writes it.
void save(SnapshotSource& source, const std::string& path) {
  const std::unique_ptr<File> file = snapshot_of(source, path);
  std::string content(file->size().value(), '\0');
  REQUIRE(file->read_at(0, content).value() == content.size());
  Sha256 sha;
  sha.add(content);
  REQUIRE(file->write_at(content.size(), sha.finish()));
}

RestoreOptions options_of(const std::vector<std::string>& arguments) {
  RestoreOptions options;
  const auto bad = read_restore_options(arguments, options);
  if (bad) FAIL(bad->message);
  return options;
}

Result<void> restored(SnapshotSource& source, const std::vector<std::string>& arguments) {
  const QuietLog quiet;
  SeededRandom random(1);
  return restore(source.disk(), random, options_of(arguments));
}

std::string error_of(SnapshotSource& source, const std::vector<std::string>& arguments) {
  const Result<void> result = restored(source, arguments);
  return result ? "" : result.error().message;
}

// As a start of the server does it.
Result<Recovered> start(SnapshotSource& source, const std::string& data_dir, const Identity& identity) {
  SeededRandom random(2);
  NodeOptions options;
  options.wal_directory = data_dir + "/wal";
  options.state_directory = data_dir + "/state";
  options.cluster_id = identity.cluster;
  options.self.id = identity.member;
  return recover(source.disk(), random, options);
}

}  // namespace

TEST_CASE("a start goes on from a restored directory") {
  SnapshotSource source;
  source.fill();
  save(source, "/saved");
  REQUIRE(restored(source, {"/saved", "--data-dir", "/data"}));
  const auto identity = load_identity(source.disk(), "/data");
  REQUIRE(identity);
  REQUIRE(*identity);
  CHECK(to_hex((*identity)->member.value) == "8e9e05c52164694d");
  CHECK(to_hex((*identity)->cluster.value) == "cdf818194e3a8c32");
  const auto started = start(source, "/data", **identity);
  if (!started) FAIL(started.error().message);
  CHECK(started->restart.hard_state == HardState{Term(1), MemberId(), Index(1)});
  CHECK(started->restart.configuration.voters == std::vector<MemberId>{(*identity)->member});
  const store::Store::ReadLock lock(*started->store);
  CHECK(started->store->applied().stamp.cluster_ms > 1'000'000);
  CHECK(started->store->numbers().seq == source.numbers().seq);
  CHECK(started->store->numbers().revision == source.numbers().revision);
}

TEST_CASE("three members start from one file with equal states") {
  SnapshotSource source;
  source.fill();
  save(source, "/saved");
  const std::string cluster = "a=http://127.0.0.1:1,b=http://127.0.0.1:2,c=http://127.0.0.1:3";
  std::vector<uint64_t> hashes;
  std::vector<MemberId> ids;
  for (const std::string name : {"a", "b", "c"}) {
    const std::string url = "http://127.0.0.1:" + std::to_string(name[0] - 'a' + 1);
    REQUIRE(restored(source, {"--name", name, "--initial-cluster=" + cluster, "--initial-cluster-token", "token",
                              "--initial-advertise-peer-urls", url, "--data-dir=/" + name, "/saved"}));
    const auto identity = load_identity(source.disk(), "/" + name);
    REQUIRE(identity);
    CHECK((*identity)->cluster == derive_cluster_id({derive_member_id({"http://127.0.0.1:1"}, "token"),
                                                     derive_member_id({"http://127.0.0.1:2"}, "token"),
                                                     derive_member_id({"http://127.0.0.1:3"}, "token")}));
    CHECK((*identity)->member == derive_member_id({url}, "token"));
    const auto started = start(source, "/" + name, **identity);
    REQUIRE(started);
    CHECK(started->restart.configuration.voters.size() == 3);
    hashes.push_back(started->store->hash());
  }
  CHECK(hashes[0] == hashes[1]);
  CHECK(hashes[1] == hashes[2]);
}

TEST_CASE("what cannot be restored is refused in etcdctl's words, before anything is written") {
  SnapshotSource source;
  source.fill();
  save(source, "/saved");
  snapshot_of(source, "/without digest");
  REQUIRE(source.disk().create_directory("/empty"));
  REQUIRE(source.disk().create_directory("/used"));
  new_file(source.disk(), "/used/file");
  {
    const std::unique_ptr<File> bent = source.disk().open("/saved", OpenMode::kRead).value();
    std::string content(bent->size().value(), '\0');
    REQUIRE(bent->read_at(0, content));
    content.back() ^= 1;
    REQUIRE(new_file(source.disk(), "/bent")->write_at(0, content));
    REQUIRE(new_file(source.disk(), "/short")->write_at(0, content.substr(0, 20'000)));
  }
  struct Case {
    std::vector<std::string> arguments;
    std::string error;  // its beginning
  };
  for (const Case& c : {
           Case{{"/nothing"}, "open /nothing: no such file or directory"},
           Case{{"/without digest"}, "snapshot missing hash but --skip-hash-check=false"},
           Case{{"/bent"}, "expected sha256 ["},
           Case{{"/short", "--skip-hash-check"}, "/short: truncated: "},
           Case{{"/saved", "--data-dir", "/used"}, "data-dir \"/used\" exists"},
           Case{{"/saved", "--wal-dir", "/used"}, "wal-dir \"/used\" exists"},
           Case{{"/saved", "--name", "foo"}, "couldn't find local name \"foo\" in the initial cluster configuration"},
           Case{{"/saved", "--initial-cluster", "default=http://localhost:2381"},
                "--initial-cluster has default=http://localhost:2381 but missing from "
                "--initial-advertise-peer-urls=http://localhost:2380"},
           Case{{"/saved", "--initial-cluster", "foo"}, "URL scheme must be http, https, unix, or unixs: "},
       }) {
    CAPTURE(c.error);
    std::vector<std::string> arguments = c.arguments;
    if (c.arguments.size() < 2 || c.arguments[1] != "--data-dir")
      arguments.insert(arguments.end(), {"--data-dir", "/data"});
    CHECK(error_of(source, arguments).starts_with(c.error));
    CHECK(!source.disk().exists("/data").value());
  }
  CHECK(error_of(source, {"/saved", "--data-dir", "/empty"}) == "");
  CHECK(error_of(source, {"/without digest", "--skip-hash-check", "--data-dir", "/data"}) == "");
}

TEST_CASE("a restore that did not come to its end is no data directory") {
  SnapshotSource source;
  source.fill();
  save(source, "/saved");
  auto& disk = dynamic_cast<FakeDisk&>(source.disk());
  disk.fail_call(1, {Code::kNoSpace, "no space"}, FakeDisk::Repeat::kOnce, "sync /data/wal");
  CHECK(error_of(source, {"/saved", "--data-dir", "/data"}).ends_with("before another try"));
  const auto opened = DataDirectory::open(disk, "/data", "");
  REQUIRE(!opened);
  CHECK(opened.error().message == "data directory /data holds state, but both identity files are missing");
}

TEST_CASE("the command line is read as etcdctl reads it") {
  struct Case {
    std::vector<std::string> arguments;
    int exit_status;
    std::string message;
  };
  for (const Case& c : {
           Case{{}, 128, "snapshot restore requires exactly one argument"},
           Case{{"a", "b"}, 128, "snapshot restore requires exactly one argument"},
           Case{{"--frob", "a"}, 1, "unknown flag: --frob"},
           Case{{"-x", "a"}, 1, "unknown shorthand flag: 'x' in -x"},
           Case{{"a", "--name"}, 1, "flag needs an argument: --name"},
           Case{{"a", "--skip-hash-check=foo"},
                1,
                "invalid argument \"foo\" for \"--skip-hash-check\" flag: strconv.ParseBool: parsing \"foo\": invalid "
                "syntax"},
           Case{
               {"a", "--bump-revision=x", "--mark-compacted"},
               1,
               "invalid argument \"x\" for \"--bump-revision\" flag: strconv.ParseUint: parsing \"x\": invalid syntax"},
           Case{{"a", "--bump-revision", "5"}, 128, "--bump-revision and --mark-compacted go together"},
           Case{{"a", "--mark-compacted"}, 128, "--bump-revision and --mark-compacted go together"},
       }) {
    CAPTURE(c.message);
    RestoreOptions options;
    const auto bad = read_restore_options(c.arguments, options);
    REQUIRE(bad);
    CHECK(bad->exit_status == c.exit_status);
    CHECK(bad->message == c.message);
  }
  CHECK(options_of({"a"}).data_dir == "default.viaduct");
  CHECK(options_of({"--name", "m", "a"}).data_dir == "m.viaduct");
  CHECK(options_of({"--name=m", "--data-dir=d", "--", "--a"}).file == "--a");
  CHECK(options_of({"a", "--mark-compacted", "--bump-revision", "0x10"}).bump_revision == 16);
  CHECK(options_of({"a", "--help", "--frob"}).help);
}
