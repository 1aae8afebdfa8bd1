// Several members that make a cluster, and what one asks and tells them.
// Threads: one at a time, one that stays; client_ports() from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "test/cluster/member.h"
#include "test/cluster/network.h"
#include "test/cluster/v3_client.h"

namespace viaduct::cluster_test {

struct MemberStatus {
  uint64_t id = 0;
  uint64_t leader = 0;  // 0: it knows none
  int64_t revision = 0;
  uint64_t applied_index = 0;
  bool learner = false;
};

class Cluster {
 public:
  struct Setting {
    std::string program;
    std::vector<std::string> flags;
    std::string directory;
    size_t members = 3;
    bool peer_tls = false;
    std::string disk_library;  // Member::Setting
  };
  using Time = std::chrono::milliseconds;

  explicit Cluster(Setting setting);  // starts nothing
  // Starts all members; throws std::runtime_error, with the end of a log, when they do not serve in time.
  void start();

  Network& network() { return network_; }
  size_t size() const { return members_.size(); }  // every member there ever was; a removed one stays, down
  Member& at(Node node) { return *members_.at(node); }
  std::vector<Node> current() const;      // those that were not removed
  std::vector<int> client_ports() const;  // of those, for clients

  bool wait_until_healthy(Node node, Time time);
  bool wait_until_all_healthy(Time time);
  std::optional<MemberStatus> status(Node node, Time time = Time(500));
  std::optional<Node> leader();  // as the members that answer say

  // Reconfiguration, asked of whoever answers, again and again until it is done or the time is over.
  std::optional<Node> add(bool learner, Time time);  // also starts it
  bool promote(Node node, Time time);
  bool remove(Node node, Time time);
  bool move_leader(Node to, Time time);
  // Takes every alarm back, as an operator does who has made room.
  bool disarm_alarms(Time time);

  std::string end_of_log(Node node, size_t bytes = 2000) const;

 private:
  std::unique_ptr<Member> make_member();
  std::string initial_cluster() const;
  template <typename Request, typename Response>
  bool ask(const char* method, const Request& request, Response& response, Time time);

  const Setting setting_;
  Network network_;
  mutable std::mutex mutex_;  // guards the two lists for client_ports()
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<bool> removed_;
};

}  // namespace viaduct::cluster_test
