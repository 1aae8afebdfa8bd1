#include "server/recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "server/stamped.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"

namespace viaduct::server {
namespace {

constexpr uint64_t kEntryCacheBytes = 16 << 20;
constexpr uint64_t kReadBytes = 16 << 20;

Error unusable(const std::string& why) {
  return {Code::kCorrupt, why + "; this member has no peer to recover from: restore a backup into a new --data-dir"};
}

Result<std::unique_ptr<wal::Wal>> open_wal(Disk& disk, Random& random, const NodeOptions& options, Index applied) {
  wal::Options wal_options;
  wal_options.identity = {options.cluster_id, options.self.id};
  wal_options.segment_bytes = options.wal_segment_bytes;
  Result<wal::Wal::Opened> opened = wal::Wal::open(disk, options.wal_directory, wal_options, random);
  if (!opened) {
    if (opened.error().code != Code::kNotFound) return std::move(opened).error();
    if (applied) return unusable("the state holds entry " + to_string(applied) + ", but there is no log");
    return wal::Wal::create(disk, options.wal_directory, wal_options, random);
  }
  if (const auto& cut = opened->tail_cut) {
    log::warn("wal: left an unfinished write behind", {{"file", cut->file}, {"offset", cut->offset}, {"bytes", cut->bytes}});
  }
  return std::move(opened->wal);
}

Result<void> check_v2_root(const store::Store& store, const std::string& wanted) {
  if (!v3bridge::is_initialized(store)) return {};
  const store::Store::ReadLock lock(store);
  if (store.v2_root() == wanted) return {};
  return Error{Code::kInvalidArgument,
               "--v2-root is \"" + wanted + "\", but this data was made with \"" + store.v2_root() + "\""};
}

// Raft's view of the log: terms of all that is kept, and the newest entries.
Result<raft::Log> read_log(const wal::Wal& wal, Index applied, Stamp& newest_stamp) {
  const Index base = wal.first_index().previous();
  if (applied < base) {
    return unusable("the state ends at entry " + to_string(applied) + ", but the log begins behind " + to_string(base));
  }
  if (wal.last_index() < applied) {
    return unusable("the state holds entry " + to_string(applied) + ", but the log ends at " + to_string(wal.last_index()));
  }
  Term base_term;
  if (base) {
    VIADUCT_TRY_ASSIGN(term, wal.term(base));
    base_term = term;
  }
  raft::Log log({base, base_term}, applied, kEntryCacheBytes);
  for (Index next = wal.first_index(); next <= wal.last_index();) {
    VIADUCT_TRY_ASSIGN(entries, wal.read(next, wal.last_index().next(), kReadBytes));
    for (Entry& entry : entries) {
      next = entry.index.next();
      if (const std::optional<Stamp> stamp = read_stamp(entry.data)) newest_stamp = *stamp;
      log.restore(std::move(entry));
    }
  }
  return log;
}

raft::Configuration configuration_of(const store::Store& store, const NodeOptions& options) {
  raft::Configuration configuration;
  for (const v3bridge::Member& member : v3bridge::members(store)) configuration.voters.push_back(member.id);
  if (configuration.voters.empty()) configuration.voters.push_back(options.self.id);
  return configuration;
}

}  // namespace

Result<Recovered> recover(Disk& disk, Random& random, const NodeOptions& options) {
  store::Options store_options;
  store_options.directory = options.state_directory;
  VIADUCT_TRY_ASSIGN(store, store::Store::open(disk, store_options));
  VIADUCT_TRY(check_v2_root(*store, options.v2_root));
  store::AppliedState applied;
  {
    const store::Store::ReadLock lock(*store);
    applied = store->applied();
  }
  VIADUCT_TRY_ASSIGN(wal, open_wal(disk, random, options, applied.index));
  Stamp newest_stamp = applied.stamp;
  VIADUCT_TRY_ASSIGN(log, read_log(*wal, applied.index, newest_stamp));
  const HardState hard_state = wal->hard_state();
  raft::Configuration configuration = configuration_of(*store, options);
  return Recovered{std::move(store), std::move(wal), {hard_state, std::move(configuration), std::move(log)}, newest_stamp};
}

}  // namespace viaduct::server
