#include "server/restore.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/log.h"
#include "server/config.h"
#include "server/config_build.h"
#include "server/config_cluster.h"
#include "server/data_directory.h"
#include "server/identity.h"
#include "server/identity_file.h"
#include "server/restore_state.h"
#include "server/snapshot_file.h"
#include "wal/wal.h"

namespace viaduct::server {
namespace {

// The new cluster, and which of its members is made here.
struct Cluster {
  std::vector<v3bridge::Member> members;  // by id
  Identity identity;
};

Result<Cluster> cluster_of(const RestoreOptions& options) {
  Config config;
  config.name = options.name;
  VIADUCT_TRY_ASSIGN(initial_cluster, parse_initial_cluster(options.initial_cluster));
  config.initial_cluster = std::move(initial_cluster);
  VIADUCT_TRY_ASSIGN(peer_urls, parse_urls(options.initial_advertise_peer_urls, false));
  config.initial_advertise_peer_urls = std::move(peer_urls);
  VIADUCT_TRY(check_new_member(config));

  std::map<std::string, std::vector<std::string>> urls;
  for (const auto& [name, url] : config.initial_cluster) urls[name].push_back(url.text);
  Cluster cluster;
  std::vector<MemberId> ids;
  for (auto& [name, texts] : urls) {
    const MemberId id = derive_member_id(texts, options.initial_cluster_token);
    if (name == options.name) cluster.identity.member = id;
    ids.push_back(id);
    cluster.members.push_back({id, name, texts, {}});
  }
  cluster.identity.cluster = derive_cluster_id(ids);
  std::sort(cluster.members.begin(), cluster.members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return cluster;
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

void log_members(const Cluster& cluster) {
  for (const v3bridge::Member& member : cluster.members) {
    std::string urls;
    for (const std::string& url : member.peer_urls) urls += (urls.empty() ? "" : ",") + url;
    log::info("added member", {{"cluster-id", to_hex(cluster.identity.cluster.value)},
                               {"added-peer-id", to_hex(member.id.value)},
                               {"added-peer-peer-urls", urls}});
  }
}

// Everything but the identity, in an empty directory.
Result<RestoredState> fill(Disk& disk, Random& random, const DataDirectory& directory, const bolt::Reader& reader,
                           const Cluster& cluster, const RestoreOptions& options) {
  RestoreStateOptions state_options;
  state_options.directory = directory.state_path();
  state_options.members = cluster.members;
  state_options.bump_revision = options.bump_revision;
  if (options.v2_root) {
    VIADUCT_TRY_ASSIGN(root, parse_v2_root(*options.v2_root));
    state_options.v2_root = std::move(root);
  }
  VIADUCT_TRY_ASSIGN(state, restore_state(disk, reader, state_options));
  VIADUCT_TRY(make_log(disk, random, directory.wal_path(), cluster.identity));
  return state;
}

}  // namespace

Result<void> restore(Disk& disk, Random& random, const RestoreOptions& options) {
  VIADUCT_TRY_ASSIGN(cluster, cluster_of(options));
  VIADUCT_TRY(refuse_used(disk, "data-dir", options.data_dir));
  if (!options.wal_dir.empty()) VIADUCT_TRY(refuse_used(disk, "wal-dir", options.wal_dir));
  const std::string wal_dir = options.wal_dir.empty() ? join_path(options.data_dir, "wal") : options.wal_dir;
  log::info("restoring snapshot", {{"path", options.file}, {"wal-dir", wal_dir}, {"data-dir", options.data_dir}});
  VIADUCT_TRY_ASSIGN(file, open_snapshot(disk, options.file, options.skip_hash_check));

  VIADUCT_TRY_ASSIGN(directory, DataDirectory::open(disk, options.data_dir, options.wal_dir));
  const auto state = fill(disk, random, directory, file.reader, cluster, options);
  if (!state) {
    return Error{state.error().code, options.file + ": " + state.error().message + "; remove " + options.data_dir +
                                         ", which is not complete, before another try"};
  }
  VIADUCT_TRY(store_identity(disk, directory.path(), cluster.identity));
  log_members(cluster);
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
