#include "bench/cluster.h"

#include <chrono>
#include <thread>

#include "bench/connection.h"
#include "bench/failure.h"
#include "test/cluster/v2_client.h"
#include "test/support/free_port.h"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

bool leads(const Server& server) {
  if (server.pid() < 0) return false;
  const auto reply = cluster_test::V2Client(server.port()).get("/v2/stats/self", 1s);
  return reply && reply->body.find("\"StateLeader\"") != std::string::npos;
}

}  // namespace

Cluster::Cluster(const Program& program, const std::string& work_directory, size_t members) {
  std::vector<Seat> seats(members);
  std::string initial_cluster;
  for (size_t i = 0; i < members; ++i) {
    seats[i] = {"infra" + std::to_string(i + 1), free_port(), free_port(), ""};
    initial_cluster += (i == 0 ? "" : ",") + seats[i].name + "=http://127.0.0.1:" + std::to_string(seats[i].peer_port);
  }
  for (Seat& seat : seats) {
    seat.initial_cluster = initial_cluster;
    members_.push_back(std::make_unique<Server>(program, work_directory, seat));
    members_.back()->start();
  }
  for (const auto& member : members_) member->wait_until_serving();
}

size_t Cluster::leader_number() const {
  for (const auto end = Clock::now() + 30s; Clock::now() < end; std::this_thread::sleep_for(5ms)) {
    for (size_t i = 0; i < members_.size(); ++i) {
      if (leads(*members_[i])) return i;
    }
  }
  throw Failure("the cluster has no leader");
}

std::vector<int> Cluster::ports() const {
  std::vector<int> ports;
  for (const auto& member : members_) ports.push_back(member->port());
  return ports;
}

std::vector<pid_t> Cluster::pids() const {
  std::vector<pid_t> pids;
  for (const auto& member : members_) pids.push_back(member->pid());
  return pids;
}

}  // namespace viaduct::bench
