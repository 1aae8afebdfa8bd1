#include "server/restore.h"

#include <cstdio>

#include "base/log.h"
#include "server/config.h"
#include "server/config_build.h"
#include "server/config_cluster.h"
#include "server/data_directory.h"
#include "server/identity_file.h"
#include "server/new_member.h"
#include "server/restore_state.h"
#include "server/snapshot_file.h"
#include "wal/wal.h"

namespace viaduct::server {
namespace {

// The new cluster, and which of its members is made here.
Result<Identity> new_identity(const RestoreOptions& options) {
  Config config;
  config.name = options.name;
  VIADUCT_TRY_ASSIGN(initial_cluster, parse_initial_cluster(options.initial_cluster));
  config.initial_cluster = std::move(initial_cluster);
  VIADUCT_TRY_ASSIGN(peer_urls, parse_urls(options.initial_advertise_peer_urls, false));
  config.initial_advertise_peer_urls = std::move(peer_urls);
  VIADUCT_TRY(check_new_member(config, system_resolver()));
  return founder(config.initial_cluster, config.name, options.initial_cluster_token);
}

Result<void> refuse_used(Disk& disk, const char* flag, const std::string& directory) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(directory));
  if (!exists) return {};
  const auto names = disk.list(directory);
  if (names && names->empty()) return {};
  return Error{Code::kAlreadyExists, std::string(flag) + " \"" + directory + "\" exists"};
}

// A log that begins behind the entry up to which the state is restored; the same one in every member.
Result<void> make_log(Disk& disk, Random& random, const std::string& directory, const Identity& identity) {
  wal::Options options;
  options.identity = {identity.cluster, identity.member};
  VIADUCT_TRY_ASSIGN(wal, wal::Wal::create(disk, directory, options, random));
  return wal->mark({kRestoredIndex, kRestoredTerm}, HardState{kRestoredTerm, MemberId(), kRestoredIndex});
}

void log_members(const Identity& identity) {
  for (const v3bridge::Member& member : identity.founding.members) {
    std::string urls;
    for (const std::string& url : member.peer_urls) urls += (urls.empty() ? "" : ",") + url;
    log::info("added member", {{"cluster-id", to_hex(identity.cluster.value)},
                               {"added-peer-id", to_hex(member.id.value)},
                               {"added-peer-peer-urls", urls}});
  }
}

// Everything but the identity, in an empty directory.
Result<RestoredState> fill(Disk& disk, Random& random, const DataDirectory& directory, const bolt::Reader& reader,
                           const Identity& identity, const RestoreOptions& options) {
  RestoreStateOptions state_options;
  state_options.directory = directory.state_path();
  state_options.members = identity.founding.members;
  state_options.bump_revision = options.bump_revision;
  if (options.v2_root) {
    VIADUCT_TRY_ASSIGN(root, parse_v2_root(*options.v2_root));
    state_options.v2_root = std::move(root);
  }
  VIADUCT_TRY_ASSIGN(state, restore_state(disk, reader, state_options));
  VIADUCT_TRY(make_log(disk, random, directory.wal_path(), identity));
  return state;
}

}  // namespace

Result<void> restore(Disk& disk, Random& random, const RestoreOptions& options) {
  VIADUCT_TRY_ASSIGN(identity, new_identity(options));
  VIADUCT_TRY(refuse_used(disk, "data-dir", options.data_dir));
  if (!options.wal_dir.empty()) VIADUCT_TRY(refuse_used(disk, "wal-dir", options.wal_dir));
  const std::string wal_dir = options.wal_dir.empty() ? join_path(options.data_dir, "wal") : options.wal_dir;
  log::info("restoring snapshot", {{"path", options.file}, {"wal-dir", wal_dir}, {"data-dir", options.data_dir}});
  VIADUCT_TRY_ASSIGN(file, open_snapshot(disk, options.file, options.skip_hash_check));

  VIADUCT_TRY_ASSIGN(directory, DataDirectory::open(disk, options.data_dir, options.wal_dir));
  const auto state = fill(disk, random, directory, file.reader, identity, options);
  if (!state) {
    return Error{state.error().code, options.file + ": " + state.error().message + "; remove " + options.data_dir +
                                         ", which is not complete, before another try"};
  }
  VIADUCT_TRY(store_identity(disk, directory.path(), identity));
  log_members(identity);
  log::info("restored snapshot", {{"path", options.file},
                                  {"data-dir", options.data_dir},
                                  {"made-by", state->exact ? "viaduct" : "etcd"},
                                  {"revision", state->numbers.revision.value},
                                  {"index", state->numbers.seq.value},
                                  {"keys", state->keys}});
  return {};
}

int run_restore(Disk& disk, Random& random, const std::string& program, const std::vector<std::string>& arguments) {
  RestoreOptions options;
  const auto fail = [](int status, const std::string& message) {
    log::flush();
    std::fputs(("Error: " + message + "\n").c_str(), stderr);
    return status;
  };
  if (const auto bad = read_restore_options(arguments, options)) return fail(bad->exit_status, bad->message);
  if (options.help) {
    std::fputs(restore_help(program).c_str(), stdout);
    return 0;
  }
  const Result<void> restored = restore(disk, random, options);
  if (!restored) return fail(kRestoreFailed, restored.error().message);
  log::flush();
  return 0;
}

}  // namespace viaduct::server
