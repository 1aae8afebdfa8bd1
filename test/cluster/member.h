// One member of a cluster under test: a server process with ports, data and log of its own, reached by its peers
// through the network's proxy.
// Threads: one at a time, one that stays (ChildProcess); the ports may be read by any.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "test/cluster/network.h"
#include "test/support/child_process.h"

namespace viaduct::cluster_test {

class Member {
 public:
  struct Setting {
    std::string program;
    std::vector<std::string> flags;  // beside names, addresses, and the initial cluster
    std::string directory;           // for log and data
    bool peer_tls = false;           // peers are dialled by https
    std::string disk_library;        // support/faulty_disk.c as it was built; empty: the disk is always well
  };

  Member(Node node, Setting setting, Network& network);

  // `initial_cluster` and `state` are the flags of these names; both are kept for later starts.
  void set_initial(const std::string& initial_cluster, const std::string& state);
  void start();
  void kill();                                    // -9
  bool stop(std::chrono::milliseconds patience);  // SIGTERM; killed, and false, when it has not ended by then
  void pause();
  void resume();
  bool is_running() { return process_.is_running(); }
  bool is_paused() const { return paused_; }
  bool wait_for_end(std::chrono::milliseconds time);  // of a member that ends by itself, as a removed one does
  void wipe();                                        // its data, while it is down
  void order_disk(const std::string& what);           // faulty_disk.c has the orders; empty: it is well
  bool has_faulty_disk() const { return !setting_.disk_library.empty(); }

  Node node() const { return node_; }
  const std::string& name() const { return name_; }
  int client_port() const { return client_port_; }
  std::string client_url() const { return "http://127.0.0.1:" + std::to_string(client_port_); }
  std::string peer_url() const;  // as advertised
  std::string data_directory() const { return setting_.directory + "/data"; }
  std::string log_file() const { return setting_.directory + "/log"; }
  const Setting& setting() const { return setting_; }
  pid_t pid() const { return process_.pid(); }

 private:
  std::vector<std::string> command_line() const;
  std::string disk_orders() const { return setting_.directory + "/disk-orders"; }
  void ended();

  const Node node_;
  const Setting setting_;
  const std::string name_;
  Network& network_;
  const int client_port_, peer_port_, proxy_port_;
  std::string initial_cluster_, state_;
  ChildProcess process_;
  bool paused_ = false;
};

}  // namespace viaduct::cluster_test
