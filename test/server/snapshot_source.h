// A store that commands were applied to, and the file of a v3 snapshot of it: what tests of restoring begin with.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "bolt/reader.h"
#include "bolt/writer.h"
#include "store/copy.h"
#include "store/store.h"
#include "test/support/fake_disk.h"
#include "v3/snapshot_builder.h"
#include "v3bridge/bridge.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {

class SnapshotSource {
 public:
  explicit SnapshotSource(const std::string& v2_root = "") {
    store::Options options;
    options.directory = "/source";
    auto opened = store::Store::open(disk_, options);
    REQUIRE(opened);
    store_ = *std::move(opened);
    apply([&](Command& command) {
      command.mutable_initialize()->set_v2_root(v2_root);
      command.mutable_initialize()->set_apply_rules(1);
    });
  }

  store::Store& store() { return *store_; }
  Disk& disk() { return disk_; }

  void apply(const std::function<void(Command&)>& fill) {
    Command command;
    fill(command);
    store_->begin_group();
    v3bridge::Bridge(*store_).apply(command, stamp_);
    applied_ = applied_.next();
    store_->commit_group({applied_, Term(3), stamp_});
    stamp_.cluster_ms += 10;
    stamp_.wall_ns += 10'000'000;
  }
  void v2_set(const std::string& path, const std::string& value, uint64_t ttl_seconds = 0) {
    apply([&](Command& command) {
      command.mutable_v2_write()->set_path(path);
      command.mutable_v2_write()->set_value(value);
      if (ttl_seconds > 0) command.mutable_v2_write()->set_ttl_seconds(ttl_seconds);
    });
  }
  void v2_make_directory(const std::string& path, uint64_t ttl_seconds = 0) {
    apply([&](Command& command) {
      command.mutable_v2_write()->set_path(path);
      command.mutable_v2_write()->set_dir(true);
      if (ttl_seconds > 0) command.mutable_v2_write()->set_ttl_seconds(ttl_seconds);
    });
  }
  void v2_delete(const std::string& path) {
    apply([&](Command& command) {
      command.mutable_v2_write()->set_operation(V2Write::DELETE);
      command.mutable_v2_write()->set_path(path);
      command.mutable_v2_write()->set_recursive(true);
    });
  }
  void v3_put(const std::string& key, const std::string& value, uint64_t lease = 0) {
    apply([&](Command& command) {
      command.mutable_put()->set_key(key);
      command.mutable_put()->set_value(value);
      command.mutable_put()->set_lease(static_cast<int64_t>(lease));
    });
  }
  void v3_delete(const std::string& key, const std::string& range_end = "") {
    apply([&](Command& command) {
      command.mutable_delete_range()->set_key(key);
      command.mutable_delete_range()->set_range_end(range_end);
    });
  }
  void v3_put_together(const std::vector<std::string>& keys, const std::string& value) {
    apply([&](Command& command) {
      for (const std::string& key : keys) {
        auto* const put = command.mutable_txn()->add_success()->mutable_request_put();
        put->set_key(key);
        put->set_value(value);
      }
    });
  }
  void grant(uint64_t id, uint64_t ttl_seconds) {
    apply([&](Command& command) {
      command.mutable_lease_grant()->set_id(id);
      command.mutable_lease_grant()->set_ttl_seconds(ttl_seconds);
    });
  }
  void renew(uint64_t id) {
    apply([&](Command& command) { command.mutable_lease_renew()->add_ids(id); });
  }
  void revoke(uint64_t id) {
    apply([&](Command& command) { command.mutable_lease_revoke()->set_id(id); });
  }
  void compact(uint64_t revision) {
    apply([&](Command& command) { command.mutable_compact()->set_revision(revision); });
  }

  store::Numbers numbers() const {
    const store::Store::ReadLock lock(*store_);
    return store_->numbers();
  }

  // Some of everything that a state can hold.
  void fill() {
    v2_set("/a/b", "1");
    v2_set("/a/b", "2");
    v3_put("/x/implicit", "3");
    v3_put("not a path", std::string(5000, 'v'));
    v2_make_directory("/empty");
    v2_make_directory("/brief", 500);
    v2_set("/brief/file", "");
    v2_set("/t", "with ttl", 100);
    v2_set("/renewed", "with ttl", 200);
    renew((uint64_t{1} << 62) + numbers().seq.value);
    grant(77, 60);
    grant(78, 90);
    v3_put("leased", "4", 77);
    v3_put("/x/leased too", "5", 77);
    v3_put("gone with its lease", "6", 78);
    revoke(78);
    v3_put_together({"/z/3", "/z/1", "/z/2", "z"}, "7");
    v3_delete("/z/1");
    v3_put("/a", "shadowed");
    v2_set("/deleted/1", "8");
    v2_set("/deleted/2", "9");
    v2_delete("/deleted");
    v3_put("/x/implicit", "again");
  }

 private:
  FakeDisk disk_;
  std::unique_ptr<store::Store> store_;
  Stamp stamp_{1'000'000, 1'500'000'000'000'000'000};
  Index applied_;
};

inline std::unique_ptr<File> new_file(Disk& disk, const std::string& path) {
  auto file = disk.open(path, OpenMode::kCreate);
  REQUIRE(file);
  return *std::move(file);
}

inline std::unique_ptr<File> snapshot_of(SnapshotSource& source, const std::string& path = "/snapshot") {
  std::unique_ptr<File> file = new_file(source.disk(), path);
  v3::snapshot::Builder builder(source.store().copy(), *file);
  for (bool more = true; more;) {
    const Result<bool> stepped = builder.step();
    REQUIRE(stepped);
    more = *stepped;
  }
  CHECK(builder.bytes() == file->size().value());
  return file;
}

inline bolt::Reader reader_of(File& file) {
  auto reader = bolt::Reader::open(file, file.size().value());
  REQUIRE(reader);
  return *reader;
}

inline std::vector<std::string> bucket_names(File& file) { return reader_of(file).bucket_names().value(); }

// The rows of a bucket; none if it is not there.
inline std::vector<std::pair<std::string, std::string>> rows_of(File& file, Bytes bucket) {
  std::vector<std::pair<std::string, std::string>> rows;
  const bolt::Reader reader = reader_of(file);
  auto cursor = reader.bucket(bucket);
  REQUIRE(cursor);
  while (*cursor && (*cursor)->next().value()) rows.emplace_back((*cursor)->key(), (*cursor)->value());
  return rows;
}

// The same file as etcd would leave it: without the bucket that it does not write.
inline std::unique_ptr<File> without_own_bucket(SnapshotSource& source, File& file) {
  std::unique_ptr<File> copy = new_file(source.disk(), "/foreign");
  bolt::Writer writer(*copy);
  for (const std::string& name : bucket_names(file)) {
    if (name == "viaduct") continue;
    for (const auto& [key, value] : rows_of(file, name)) REQUIRE(writer.bucket(name).put(key, value));
  }
  REQUIRE(writer.finish());
  return copy;
}

}  // namespace viaduct::server
