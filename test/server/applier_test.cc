#include "server/applier.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "server/stamped.h"
#include "test/store/store_fixture.h"
#include "v3/then.h"
#include "v3bridge/admin.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

struct InPlace final : Executor {
  void post(std::unique_ptr<Task> task) override { task->run(); }
};

class AppliedLog {
 public:
  // "" where it was not refused.
  std::string apply(const Command& command) {
    std::string data = serialize_unstamped(command);
    write_stamp(data, {++newest_, 0});
    Entry entry{Term(1), Index(newest_), EntryType::kCommand, std::move(data)};
    std::string text;
    std::vector<Committed> group;
    group.push_back({std::make_shared<const Entry>(std::move(entry)), v3::then(here_, [&](v3bridge::Outcome outcome) {
                       const auto* const refusal = std::get_if<v3bridge::Refusal>(&outcome.body);
                       text = refusal ? refusal->text : "";
                     })});
    applier_.apply(group);
    return text;
  }
  const store::Store& store() { return *fixture_; }

 private:
  uint64_t newest_ = 0;
  InPlace here_;
  store::StoreFixture fixture_;
  store::Hub hub_;
  v3bridge::ApplyCounts counts_;
  AppliedConfigurations configurations_{[] {}};
  Checkpoints checkpoints_;
  Applier applier_{*fixture_, hub_, counts_, configurations_, checkpoints_};
};

TEST_CASE("nothing is written before the log has said how the cluster is made") {
  AppliedLog log;
  Command v2_write, put, remove, txn, grant, compact;
  v2_write.mutable_v2_write()->set_path("/a");
  put.mutable_put()->set_key("/a");
  remove.mutable_delete_range()->set_key("/a");
  txn.mutable_txn()->add_success()->mutable_request_put()->set_key("/a");
  grant.mutable_lease_grant()->set_id(1);
  grant.mutable_lease_grant()->set_ttl_seconds(60);
  compact.mutable_compact()->set_revision(1);
  for (const Command& early : {v2_write, put, remove, txn, grant, compact}) {
    CAPTURE(early.ShortDebugString());
    CHECK(log.apply(early) == "etcdserver: not capable");
  }
  Command version, initialize;
  version.mutable_set_cluster_version()->set_version("3.5.0");
  CHECK(log.apply(version).empty());
  initialize.mutable_initialize()->set_v2_root("/root");
  CHECK(log.apply(initialize).empty());
  CHECK(log.apply(put).empty());
  CHECK(v3bridge::cluster_version(log.store()) == "3.5.0");
  const store::Store::ReadLock lock(log.store());
  CHECK(log.store().v2_root() == "/root");
  CHECK(log.store().find(store::Family::kKey, "/a"));
}

}  // namespace
}  // namespace viaduct::server
