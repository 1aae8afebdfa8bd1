// The command line of `viaduct restore`: etcdctl's flags of `snapshot restore`, and what its successor added, by the
// rules of etcdctl's flag library: two dashes, `--name value` or `--name=value`, anywhere among the arguments.
// Errors: etcdctl's texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace viaduct::server {

struct RestoreOptions {
  std::string file;
  std::string data_dir;  // never empty once read: <name>.viaduct by default
  std::string wal_dir;   // empty: below data_dir
  std::string name = "default";
  std::string initial_cluster = "default=http://localhost:2380";
  std::string initial_cluster_token = "etcd-cluster";
  std::string initial_advertise_peer_urls = "http://localhost:2380";
  bool skip_hash_check = false;
  uint64_t bump_revision = 0;
  bool mark_compacted = false;
  std::optional<std::string> v2_root;
  bool help = false;  // asked for; the rest was not looked at
};

// Exit statuses, as etcdctl's.
inline constexpr int kRestoreFailed = 1;
inline constexpr int kRestoreBadArguments = 128;

struct BadCommandLine {
  int exit_status;
  std::string message;
};

// Nothing when `options` are what the arguments say.
std::optional<BadCommandLine> read_restore_options(const std::vector<std::string>& arguments, RestoreOptions& options);

std::string restore_help(const std::string& program);

}  // namespace viaduct::server
