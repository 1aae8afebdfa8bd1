#include "server/restore_state.h"

#include "server/publisher.h"
#include "server/restore_exact.h"
#include "server/restore_foreign.h"
#include "server/snapshot_file.h"
#include "store/seed.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using store::Store;

Initialize initialize(const std::optional<std::string>& v2_root) {
  Initialize command;
  command.set_v2_root(v2_root.value_or(""));
  command.set_apply_rules(kApplyRules);
  return command;
}

Result<void> check_v2_root(const Store& store, const std::optional<std::string>& wanted) {
  const Store::ReadLock lock(store);
  if (!wanted || *wanted == store.v2_root()) return {};
  return Error{Code::kInvalidArgument,
               "--v2-root is \"" + *wanted + "\", but the snapshot was made with \"" + store.v2_root() + "\""};
}

// What the old cluster's members said of themselves (RB-60), and its version, which the new one finds out.
void drop_old_cluster(Store& store) {
  std::vector<std::string> names;
  {
    const Store::ReadLock lock(store);
    for (const char* prefix : {"alarm/", "cluster_version"}) {
      for (const auto& [name, value] : store.rows(prefix)) names.push_back(name);
    }
  }
  for (const std::string& name : names) store.delete_row(name);
}

store::Numbers numbers_of(const Store& store) {
  const Store::ReadLock lock(store);
  return store.numbers();
}

// v2's index rises with the revision: its clients keep numbers of the time after the snapshot as well.
Result<void> bump(Store& store, uint64_t by) {
  const store::Numbers now = numbers_of(store);
  if (by > kMaxRevision.value - now.revision.value) {
    return Error{Code::kInvalidArgument, "--bump-revision " + std::to_string(by) + " is too large"};
  }
  const Revision revision(now.revision.value + by);
  store.advance_to(revision, Seq(now.seq.value + by));
  return store.compact(revision);
}

store::AppliedState applied_of(const Store& store) {
  const Store::ReadLock lock(store);
  return {kRestoredIndex, kRestoredTerm, store.applied().stamp};
}

Result<void> found_cluster(Store& store, const RestoreStateOptions& options) {
  store.begin_group();
  drop_old_cluster(store);
  v3bridge::found_members(store, options.members);
  if (options.bump_revision > 0) VIADUCT_TRY(bump(store, options.bump_revision));
  store.commit_group(applied_of(store));
  store.barrier();
  return {};
}

}  // namespace

Result<RestoredState> restore_state(Disk& disk, const bolt::Reader& reader, const RestoreStateOptions& options) {
  RestoredState restored;
  VIADUCT_TRY_ASSIGN(exact, is_exact(reader));
  restored.exact = exact;
  {
    VIADUCT_TRY_ASSIGN(seed, store::Seed::create(disk, options.directory));
    VIADUCT_TRY(exact ? seed_exact(reader, *seed) : seed_foreign(reader, *seed));
    VIADUCT_TRY(seed->finish());
  }
  store::Options store_options;
  store_options.directory = options.directory;
  VIADUCT_TRY_ASSIGN(store, Store::open(disk, store_options));
  if (exact) {
    VIADUCT_TRY(check_v2_root(*store, options.v2_root));
  } else {
    store->begin_group();
    v3bridge::apply_initialize(*store, initialize(options.v2_root));
    store->commit_group({});
    VIADUCT_TRY(replay_foreign(reader, *store));
  }
  VIADUCT_TRY(found_cluster(*store, options));
  restored.numbers = numbers_of(*store);
  restored.keys = store->sizes().live_keys;
  return restored;
}

}  // namespace viaduct::server
