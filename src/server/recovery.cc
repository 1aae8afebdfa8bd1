#include "server/recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/mark.h"
#include "server/membership.h"
#include "server/publisher.h"
#include "server/quarantine.h"
#include "server/series.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "wal/ballot.h"

namespace viaduct::server {
namespace {

constexpr uint64_t kReadBytes = 16 << 20;

struct OpenLog {
  std::unique_ptr<wal::Wal> wal;
  raft::Log log;
};

Error lost(const std::string& what) { return {Code::kCorrupt, what}; }

Error unusable(const std::string& why) {
  return {Code::kCorrupt, why + "; this member has no peer to recover from: restore a backup into a new --data-dir"};
}

Result<std::unique_ptr<wal::Wal>> open_wal(Disk& disk, Random& random, const NodeOptions& options, Index applied) {
  const wal::Options wal = wal_options(options);
  Result<wal::Wal::Opened> opened = wal::Wal::open(disk, options.wal_directory, wal, random);
  if (!opened) {
    if (opened.error().code != Code::kNotFound) return std::move(opened).error();
    if (applied) return lost("the state holds entry " + to_string(applied) + ", but there is no log");
    VIADUCT_TRY_ASSIGN(ballot, wal::read_ballot(disk, wal.ballot_path, wal.identity));
    if (ballot && ballot->term)
      return lost("it has taken part in term " + to_string(ballot->term) + ", but there is no log");
    return wal::Wal::create(disk, options.wal_directory, wal, random);
  }
  if (const auto& cut = opened->tail_cut) {
    log::warn("wal: left an unfinished write behind",
              {{"file", cut->file}, {"offset", cut->offset}, {"bytes", cut->bytes}});
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
Result<raft::Log> read_log(const wal::Wal& wal, Index applied, Index last, uint64_t cache_bytes) {
  const Index base = wal.first_index().previous();
  if (applied < base) {
    return lost("the state ends at entry " + to_string(applied) + ", but the log begins behind " + to_string(base));
  }
  if (wal.last_index() < applied) {
    return lost("the state holds entry " + to_string(applied) + ", but the log ends at " + to_string(wal.last_index()));
  }
  Term base_term;
  if (base) {
    VIADUCT_TRY_ASSIGN(term, wal.term(base));
    base_term = term;
  }
  raft::Log log({base, base_term}, applied, cache_bytes);
  for (Index next = wal.first_index(); next <= last;) {
    VIADUCT_TRY_ASSIGN(entries, wal.read(next, last.next(), kReadBytes));
    for (Entry& entry : entries) {
      next = entry.index.next();
      log.restore(std::move(entry));
    }
  }
  return log;
}

// A crash came between the switch to a state from another member and the log's mark (CC-9): the log is marked now. Only
// a state that says it is just as it came proves that; else the log lost its end (CC-12).
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
  VIADUCT_MARK("recovery: a crash between a new state and its mark");
  HardState hard_state = wal.hard_state();
  if (applied.term > hard_state.term) hard_state = {applied.term, MemberId(), hard_state.commit};
  log::info("the log goes on behind an installed snapshot", {{"index", applied.index.value}});
  return wal.mark({applied.index, applied.term}, hard_state);
}

// With --force-new-cluster, what others had a say in and is not known to be committed is dropped: the first entry
// behind it takes its place. What a member wrote that was alone all the time is committed, all of it.
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
  return options.founding.members.empty() ? configuration_of({options.self})
                                          : configuration_of(options.founding.members);
}

// Whom the log will make its peers, if it still has to be read.
bool began_with_others(const NodeOptions& options) {
  return !options.force_new_cluster && std::ranges::any_of(options.founding.members, [&](const auto& member) {
    return member.id != options.self.id;
  });
}

bool has_peers(const store::Store& store, const NodeOptions& options) {
  const std::vector<MemberId> voters = configuration_in(store, options).voters;
  return voters.empty() ? began_with_others(options)
                        : std::ranges::any_of(voters, [&](MemberId id) { return id != options.self.id; });
}

store::AppliedState applied_by(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.applied();
}

Result<std::unique_ptr<store::Store>> open_store(Disk& disk, const StateDirectory& directory, store::Options options) {
  options.directory = directory.path();
  return store::Store::open(disk, options);
}

// A member with others to ask gives up a damaged state, and has it from the log or from them.
Result<std::unique_ptr<store::Store>> open_store_or_none(Disk& disk, StateDirectory& directory,
                                                         const NodeOptions& options) {
  Result<std::unique_ptr<store::Store>> store = open_store(disk, directory, options.store);
  if (store || store.error().code != Code::kCorrupt) return store;
  if (!began_with_others(options))
    return lost(store.error().message + "; no peer is known to have it from: restore a backup into a new --data-dir");
  log::error("the state is damaged, this member begins with none", {{"damage", store.error().message}});
  VIADUCT_TRY(directory.make_room());
  VIADUCT_TRY(directory.switch_to_next());
  return open_store(disk, directory, options.store);
}

Result<OpenLog> open_log(Disk& disk, Random& random, const NodeOptions& options, const store::Store& store) {
  const store::AppliedState applied = applied_by(store);
  VIADUCT_TRY_ASSIGN(wal, open_wal(disk, random, options, applied.index));
  VIADUCT_TRY(follow_installed_state(*wal, store));
  const Index last = last_index_to_keep(*wal, store, applied.index, options);
  VIADUCT_TRY_ASSIGN(log, read_log(*wal, applied.index, last, options.entry_cache_bytes));
  return OpenLog{std::move(wal), std::move(log)};
}

// CC-12.
Result<OpenLog> open_log_or_quarantine(Disk& disk, Random& random, const NodeOptions& options,
                                       const store::Store& store) {
  Result<OpenLog> whole = open_log(disk, random, options, store);
  if (whole || whole.error().code != Code::kCorrupt) return whole;
  const std::string damage = whole.error().message;
  if (!has_peers(store, options)) return unusable(damage);
  log::error("part of the log is lost: out of elections until the leader has brought it back", {{"damage", damage}});
  VIADUCT_MARK("recovery: a member enters quarantine");
  const store::AppliedState applied = applied_by(store);
  if (const Result<void> entered = enter_quarantine(disk, random, options, {applied.index, applied.term}); !entered)
    return Error{entered.error().code, damage + "; " + entered.error().message};
  return open_log(disk, random, options, store);
}

}  // namespace

Result<Recovered> recover(Disk& disk, Random& random, const NodeOptions& options) {
  VIADUCT_TRY_ASSIGN(standing, read_standing(disk, options.data_directory));
  if (standing == LogStanding::kLost) return Error{Code::kCorrupt, lost_log_text(options.self.id)};
  VIADUCT_TRY_ASSIGN(state_directory, StateDirectory::open(disk, options.state_directory));
  VIADUCT_TRY_ASSIGN(store, open_store_or_none(disk, *state_directory, options));
  VIADUCT_TRY(check_v2_root(*store, options.v2_root));
  VIADUCT_TRY(check_version(*store, options.cluster_version));
  VIADUCT_TRY_ASSIGN(open, open_log_or_quarantine(disk, random, options, *store));
  VIADUCT_TRY_ASSIGN(standing_now, read_standing(disk, options.data_directory));
  bool quarantined = standing_now == LogStanding::kQuarantined;
  if (quarantined && options.force_new_cluster) {  // there is nobody left to bring anything back
    VIADUCT_TRY(write_standing(disk, options.data_directory, LogStanding::kWhole));
    quarantined = false;
  }
  raft::Restart restart{open.wal->hard_state(), configuration_in(*store, options), std::move(open.log), quarantined};
  return Recovered{std::move(state_directory), std::move(store), std::move(open.wal), std::move(restart)};
}

}  // namespace viaduct::server
