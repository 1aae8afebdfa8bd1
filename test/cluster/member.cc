#include "test/cluster/member.h"

#include <signal.h>

#include <filesystem>
#include <fstream>

#include "test/support/free_port.h"

namespace viaduct::cluster_test {

Member::Member(Node node, Setting setting, Network& network)
    : node_(node),
      setting_(std::move(setting)),
      name_("infra" + std::to_string(node + 1)),
      network_(network),
      client_port_(free_port()),
      peer_port_(free_port()),
      proxy_port_(network.add(node, peer_port_)) {
  std::filesystem::create_directories(setting_.directory);
}

std::string Member::peer_url() const {
  return (setting_.peer_tls ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(proxy_port_);
}

void Member::set_initial(const std::string& initial_cluster, const std::string& state) {
  initial_cluster_ = initial_cluster;
  state_ = state;
}

std::vector<std::string> Member::command_line() const {
  const std::string scheme = setting_.peer_tls ? "https" : "http";
  std::vector<std::string> words;
  if (has_faulty_disk()) {
    // A server built with the address sanitizer would insist on being loaded first.
    words = {"/usr/bin/env", "LD_PRELOAD=" + setting_.disk_library, "FAULTY_DISK=" + disk_orders(),
             "ASAN_OPTIONS=verify_asan_link_order=0"};
  }
  words.insert(words.end(), {setting_.program,
                             "--name",
                             name_,
                             "--listen-client-urls",
                             client_url(),
                             "--advertise-client-urls",
                             client_url(),
                             "--listen-peer-urls",
                             scheme + "://127.0.0.1:" + std::to_string(peer_port_),
                             "--initial-advertise-peer-urls",
                             peer_url(),
                             "--initial-cluster-token",
                             "new",
                             "--data-dir",
                             data_directory(),
                             "--enable-v2",
                             "--initial-cluster",
                             initial_cluster_,
                             "--initial-cluster-state",
                             state_});
  words.insert(words.end(), setting_.flags.begin(), setting_.flags.end());
  return words;
}

void Member::start() {
  process_.start(command_line(), log_file());
  network_.up(node_, process_.pid());
}

void Member::kill() {
  process_.kill();
  ended();
}

bool Member::stop(std::chrono::milliseconds patience) {
  resume();
  process_.signal(SIGTERM);
  const bool in_time = process_.wait_for(patience);
  if (!in_time) process_.kill();
  ended();
  return in_time;
}

void Member::pause() {
  process_.signal(SIGSTOP);
  paused_ = true;
}

void Member::resume() {
  if (paused_) process_.signal(SIGCONT);
  paused_ = false;
}

bool Member::wait_for_end(std::chrono::milliseconds time) {
  if (!process_.wait_for(time)) return false;
  ended();
  return true;
}

void Member::wipe() { std::filesystem::remove_all(data_directory()); }

void Member::order_disk(const std::string& what) {
  if (what.empty()) {
    std::filesystem::remove(disk_orders());
  } else {
    std::ofstream(disk_orders()) << what;
  }
}

void Member::ended() {
  paused_ = false;
  network_.down(node_);
}

}  // namespace viaduct::cluster_test
