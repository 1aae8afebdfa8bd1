#include "server/recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "server/membership.h"
#include "server/publisher.h"
#include "server/series.h"
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

// Members of a later version may have written what this one cannot read (operations.md 2.9).
Result<void> check_version(const store::Store& store, const std::string& own) {
  const std::string determined = v3bridge::cluster_version(store);
  const std::optional<uint32_t> series = series_of(determined);
  if (!series || own.empty() || *series <= series_of(own)) return {};
  return Error{Code::kInvalidArgument, "cluster cannot be downgraded (current version: " + own +
                                           " is lower than determined cluster version: " + determined + ")."};
}

// Raft's view of the log: terms of all that is kept up to `last`, and the newest entries.
Result<raft::Log> read_log(const wal::Wal& wal, Index applied, Index last, Stamp& newest_stamp) {
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
  for (Index next = wal.first_index(); next <= last;) {
    VIADUCT_TRY_ASSIGN(entries, wal.read(next, last.next(), kReadBytes));
    for (Entry& entry : entries) {
      next = entry.index.next();
      if (const std::optional<Stamp> stamp = read_stamp(entry.data)) newest_stamp = *stamp;
      log.restore(std::move(entry));
    }
  }
  return log;
}

// A crash came between the switch to a state from another member and the log's mark (CC-9): the log is marked now. Only a
// state that says it is just as it came proves that; else the log lost its end (CC-12).
Result<void> follow_installed_state(wal::Wal& wal, const store::Store& store) {
  store::AppliedState applied;
  {
    const store::Store::ReadLock lock(store);
    if (!store.is_as_installed()) return {};
    applied = store.applied();
  }
  if (applied.index <= wal.last_index()) {
    const Result<Term> kept = wal.term(applied.index);
    if (!kept || *kept == applied.term) return {};
  }
  HardState hard_state = wal.hard_state();
  if (applied.term > hard_state.term) hard_state = {applied.term, MemberId(), hard_state.commit};
  log::info("the log goes on behind an installed snapshot", {{"index", applied.index.value}});
  return wal.mark({applied.index, applied.term}, hard_state);
}

// With --force-new-cluster, what others had a say in and is not known to be committed is dropped: the first entry behind
// it takes its place. What a member wrote that was alone all the time is committed, all of it.
Index last_index_to_keep(const wal::Wal& wal, const store::Store& store, Index applied, const NodeOptions& options) {
  if (!options.force_new_cluster || is_only_voter(options.self.id, v3bridge::members(store))) return wal.last_index();
  log::warn("forcing restart of member " + to_hex(options.self.id.value));
  const Index last = std::min(std::max(wal.hard_state().commit, applied), wal.last_index());
  const uint64_t dropped = wal.last_index().value - last.value;
  if (dropped > 0) log::warn("discarding " + std::to_string(dropped) + " uncommitted WAL entries");
  return last;
}

// As the state has it; before it knows, the founders. One that joins is nobody until the log makes it a member.
raft::Configuration configuration_in(const store::Store& store, const NodeOptions& options) {
  if (options.force_new_cluster) return configuration_of({options.self});
  const std::vector<v3bridge::Member> members = v3bridge::members(store);
  if (!members.empty()) return configuration_of(members);
  if (!options.founding.founds) return {};
  return options.founding.members.empty() ? configuration_of({options.self}) : configuration_of(options.founding.members);
}

}  // namespace

Result<Recovered> recover(Disk& disk, Random& random, const NodeOptions& options) {
  VIADUCT_TRY_ASSIGN(state_directory, StateDirectory::open(disk, options.state_directory));
  store::Options store_options;
  store_options.directory = state_directory->path();
  VIADUCT_TRY_ASSIGN(store, store::Store::open(disk, store_options));
  VIADUCT_TRY(check_v2_root(*store, options.v2_root));
  VIADUCT_TRY(check_version(*store, options.cluster_version));
  store::AppliedState applied;
  {
    const store::Store::ReadLock lock(*store);
    applied = store->applied();
  }
  VIADUCT_TRY_ASSIGN(wal, open_wal(disk, random, options, applied.index));
  VIADUCT_TRY(follow_installed_state(*wal, *store));
  Stamp newest_stamp = applied.stamp;
  VIADUCT_TRY_ASSIGN(log, read_log(*wal, applied.index, last_index_to_keep(*wal, *store, applied.index, options), newest_stamp));
  const HardState hard_state = wal->hard_state();
  raft::Configuration configuration = configuration_in(*store, options);
  return Recovered{std::move(state_directory), std::move(store), std::move(wal), {hard_state, std::move(configuration), std::move(log)}, newest_stamp};
}

}  // namespace viaduct::server
