#include "test/conformance/servers.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>

#include "etcdserverpb/rpc.pb.h"
#include "test/conformance/v3_wire.h"
#include "test/support/free_port.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr char kToken[] = "etcd-cluster";  // the default

// A member's id is the beginning of a hash of its peer URL and the cluster's token.
std::array<unsigned char, SHA_DIGEST_LENGTH> id_of(int peer_port) {
  const std::string text = "http://127.0.0.1:" + std::to_string(peer_port) + kToken;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::vector<Seat> seats_of(int members) {
  std::vector<int> peer_ports(static_cast<size_t>(members));
  std::ranges::generate(peer_ports, free_port);
  std::ranges::sort(peer_ports, {}, id_of);
  std::vector<Seat> seats;
  std::string initial_cluster;
  for (const int port : peer_ports) {
    const std::string name = "infra" + std::to_string(seats.size() + 1);
    initial_cluster += (seats.empty() ? "" : ",") + name + "=http://127.0.0.1:" + std::to_string(port);
    seats.push_back({name, free_port(), port, ""});
  }
  for (Seat& seat : seats) seat.initial_cluster = initial_cluster;
  return seats;
}

std::optional<uint64_t> leader_known_to(const Server& server) {
  const auto wire = grpc_wire(server.client_port());
  const Answer answer = wire->call(*find_rpc("Maintenance/Status"), etcdserverpb::StatusRequest(), {});
  if (!answer.message) return std::nullopt;
  return static_cast<const etcdserverpb::StatusResponse&>(*answer.message).leader();
}

}  // namespace

Result<std::unique_ptr<Servers>> Servers::start(const ServerProgram& program, const std::vector<std::string>& flags,
                                                int members) {
  std::unique_ptr<Servers> servers(new Servers);
  servers->spare_ = "127.0.0.1:" + std::to_string(free_port());
  if (members == 1) {
    VIADUCT_TRY_ASSIGN(server, Server::start(program, flags));
    servers->members_.push_back(std::move(server));
    return servers;
  }
  for (const Seat& seat : seats_of(members)) {
    VIADUCT_TRY_ASSIGN(server, Server::prepare(program, flags, seat));
    server->launch();
    servers->members_.push_back(std::move(server));
  }
  VIADUCT_TRY(servers->make_ready());
  // The strict check wants every member to have been connected for five seconds.
  std::this_thread::sleep_for(5500ms);
  return servers;
}

Result<void> Servers::make_ready() {
  current_ = 0;
  if (members_.size() == 1) return {};
  for (const auto& member : members_) {
    if (!member->running()) member->launch();
  }
  for (const auto& member : members_) VIADUCT_TRY(member->wait_until_ready());
  return lead_with_first();
}

Result<void> Servers::lead_with_first() {
  const uint64_t wanted = members_.front()->member_id();
  for (const Deadline deadline = in(10s); std::chrono::steady_clock::now() < deadline;
       std::this_thread::sleep_for(50ms)) {
    const std::optional<uint64_t> leader = leader_known_to(*members_.front());
    if (leader == wanted) return {};
    for (const auto& member : members_) {
      if (member->member_id() != leader) continue;
      etcdserverpb::MoveLeaderRequest request;
      request.set_targetid(wanted);
      grpc_wire(member->client_port())->call(*find_rpc("Maintenance/MoveLeader"), request, {});
    }
  }
  return Error{Code::kUnavailable, "infra1 does not become the leader"};
}

Server* Servers::named(const std::string& name) const {
  const auto found = std::ranges::find(members_, name, [](const auto& member) { return member->name(); });
  return found == members_.end() ? nullptr : found->get();
}

bool Servers::turn_to(const std::string& name) {
  for (size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->name() != name) continue;
    current_ = i;
    return true;
  }
  return false;
}

void Servers::kill(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (Server* server = named(name)) server->kill();
  }
}

Result<void> Servers::start(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (Server* server = named(name)) server->launch();
  }
  for (const std::string& name : names) {
    if (Server* server = named(name)) VIADUCT_TRY(server->wait_until_ready());
  }
  return {};
}

Servers::Names Servers::other_addresses() const {
  Names names;
  for (const auto& member : members_) {
    if (member.get() == &current()) continue;
    names.emplace_back(member->client(), "<" + member->name() + ".client>");
    names.emplace_back(member->peer(), "<" + member->name() + ".peer>");
  }
  names.emplace_back(spare_, "<spare>");
  return names;
}

Servers::Names Servers::other_names() const {
  Names names = other_addresses();
  for (const auto& member : members_) {
    if (member.get() != &current()) names.emplace_back(member->member(), "<" + member->name() + ">");
  }
  return names;
}

}  // namespace viaduct::conformance
