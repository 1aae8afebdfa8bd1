#include "test/cluster/socket_owner.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace viaduct::cluster_test {
namespace {

// The inode of the socket with these ports, as text; empty when there is none.
std::string inode_of(int local_port, int remote_port) {
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    unsigned local = 0, remote = 0;
    unsigned long inode = 0;
    // sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode
    const int read =
        std::sscanf(line.c_str(), " %*d: %*8x:%x %*8x:%x %*x %*x:%*x %*x:%*x %*x %*d %*d %lu", &local, &remote, &inode);
    if (read == 3 && local == static_cast<unsigned>(local_port) && remote == static_cast<unsigned>(remote_port)) {
      return std::to_string(inode);
    }
  }
  return {};
}

bool holds(pid_t process, const std::string& link) {
  std::error_code gone;
  const std::filesystem::path directory = "/proc/" + std::to_string(process) + "/fd";
  for (std::filesystem::directory_iterator entry(directory, gone), end; !gone && entry != end; entry.increment(gone)) {
    std::error_code closed;
    if (std::filesystem::read_symlink(entry->path(), closed) == link) return true;
  }
  return false;
}

}  // namespace

std::optional<pid_t> owner_of_socket(int local_port, int remote_port, const std::vector<pid_t>& candidates) {
  const std::string inode = inode_of(local_port, remote_port);
  if (inode.empty() || inode == "0") return std::nullopt;
  for (const pid_t candidate : candidates) {
    if (holds(candidate, "socket:[" + inode + "]")) return candidate;
  }
  return std::nullopt;
}

}  // namespace viaduct::cluster_test
