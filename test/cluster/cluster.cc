#include "test/cluster/cluster.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/v2_client.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPause = 50ms;

template <typename Condition>
bool wait_until(Condition condition, Cluster::Time time) {
  for (const auto end = Clock::now() + time; Clock::now() < end; std::this_thread::sleep_for(kPause)) {
    if (condition()) return true;
  }
  return false;
}

}  // namespace

Cluster::Cluster(Setting setting) : setting_(std::move(setting)) {
  for (size_t i = 0; i < setting_.members; ++i) {
    members_.push_back(make_member());
    removed_.push_back(false);
  }
  for (const auto& member : members_) member->set_initial(initial_cluster(), "new");
}

std::unique_ptr<Member> Cluster::make_member() {
  const Node node = members_.size();
  const Member::Setting setting{setting_.program, setting_.flags,
                                setting_.directory + "/infra" + std::to_string(node + 1), setting_.peer_tls,
                                setting_.disk_library};
  return std::make_unique<Member>(node, setting, network_);
}

std::string Cluster::initial_cluster() const {
  std::string text;
  for (const Node node : current()) {
    text += (text.empty() ? "" : ",") + members_[node]->name() + "=" + members_[node]->peer_url();
  }
  return text;
}

void Cluster::start() {
  for (const auto& member : members_) member->start();
  if (wait_until_all_healthy(30s)) return;
  std::string text = "the cluster does not serve";
  for (const Node node : current()) text += "\n" + at(node).name() + ":\n" + end_of_log(node);
  throw std::runtime_error(text);
}

std::vector<Node> Cluster::current() const {
  const std::lock_guard lock(mutex_);
  std::vector<Node> nodes;
  for (Node node = 0; node < members_.size(); ++node) {
    if (!removed_[node]) nodes.push_back(node);
  }
  return nodes;
}

std::vector<int> Cluster::client_ports() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> ports;
  for (Node node = 0; node < members_.size(); ++node) {
    if (!removed_[node]) ports.push_back(members_[node]->client_port());
  }
  return ports;
}

bool Cluster::wait_until_healthy(Node node, Time time) {
  V2Client client(at(node).client_port());
  return wait_until(
      [&] {
        const auto reply = client.get("/health", 3s);
        return reply && reply->status == 200;
      },
      time);
}

bool Cluster::wait_until_all_healthy(Time time) {
  const auto end = Clock::now() + time;
  const auto nodes = current();
  return std::all_of(nodes.begin(), nodes.end(), [&](Node node) {
    return wait_until_healthy(node, std::max(1ms, std::chrono::duration_cast<Time>(end - Clock::now())));
  });
}

std::optional<MemberStatus> Cluster::status(Node node, Time time) {
  if (!at(node).is_running() || at(node).is_paused()) return std::nullopt;
  V3Client client(at(node).client_port());
  etcdserverpb::StatusResponse response;
  if (!client.call("Maintenance/Status", etcdserverpb::StatusRequest(), response, time).ok()) return std::nullopt;
  return MemberStatus{response.header().member_id(), response.leader(), response.header().revision(),
                      response.raftappliedindex(), response.islearner()};
}

std::optional<Node> Cluster::leader() {
  for (const Node node : current()) {
    const std::optional<MemberStatus> status = this->status(node);
    if (status && status->id == status->leader) return node;
  }
  return std::nullopt;
}

template <typename Request, typename Response>
bool Cluster::ask(const char* method, const Request& request, Response& response, Time time) {
  return wait_until(
      [&] {
        const auto nodes = current();
        return std::any_of(nodes.begin(), nodes.end(), [&](Node node) {
          if (!at(node).is_running() || at(node).is_paused()) return false;
          return V3Client(at(node).client_port()).call(method, request, response, 3s).ok();
        });
      },
      time);
}

std::optional<Node> Cluster::add(bool learner, Time time) {
  std::unique_ptr<Member> member = make_member();
  etcdserverpb::MemberAddRequest request;
  request.add_peerurls(member->peer_url());
  request.set_islearner(learner);
  etcdserverpb::MemberAddResponse response;
  const auto known = [&] {  // a call that got no answer may have been carried out
    etcdserverpb::MemberListResponse list;
    if (!ask("Cluster/MemberList", etcdserverpb::MemberListRequest(), list, 1s)) return false;
    return std::any_of(list.members().begin(), list.members().end(), [&](const etcdserverpb::Member& one) {
      return one.peerurls_size() == 1 && one.peerurls(0) == member->peer_url();
    });
  };
  const bool done = wait_until([&] { return ask("Cluster/MemberAdd", request, response, 1ms) || known(); }, time);
  if (!done) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    members_.push_back(std::move(member));
    removed_.push_back(false);
  }
  members_.back()->set_initial(initial_cluster(), "existing");
  members_.back()->start();
  return members_.size() - 1;
}

bool Cluster::promote(Node node, Time time) {
  return wait_until(
      [&] {
        const std::optional<MemberStatus> status = this->status(node, 2s);  // none while it is starting
        if (!status || !status->learner) return status.has_value();
        etcdserverpb::MemberPromoteRequest request;
        request.set_id(status->id);
        etcdserverpb::MemberPromoteResponse response;
        return ask("Cluster/MemberPromote", request, response, 1ms);
      },
      time);
}

bool Cluster::remove(Node node, Time time) {
  etcdserverpb::MemberListResponse list;
  if (!ask("Cluster/MemberList", etcdserverpb::MemberListRequest(), list, time)) return false;
  const auto found = std::find_if(list.members().begin(), list.members().end(), [&](const etcdserverpb::Member& one) {
    return one.peerurls_size() == 1 && one.peerurls(0) == at(node).peer_url();
  });
  if (found == list.members().end()) return false;
  etcdserverpb::MemberRemoveRequest request;
  request.set_id(found->id());
  etcdserverpb::MemberRemoveResponse response;
  const auto gone = [&] {
    etcdserverpb::MemberListResponse now;
    if (!ask("Cluster/MemberList", etcdserverpb::MemberListRequest(), now, 1s)) return false;
    return std::none_of(now.members().begin(), now.members().end(),
                        [&](const etcdserverpb::Member& one) { return one.id() == request.id(); });
  };
  if (!wait_until([&] { return ask("Cluster/MemberRemove", request, response, 1ms) || gone(); }, time)) return false;
  const std::lock_guard lock(mutex_);
  removed_[node] = true;
  return true;
}

bool Cluster::move_leader(Node to, Time time) {
  const std::optional<MemberStatus> target = status(to);
  const std::optional<Node> from = leader();
  if (!target || !from) return false;
  etcdserverpb::MoveLeaderRequest request;
  request.set_targetid(target->id);
  etcdserverpb::MoveLeaderResponse response;
  return V3Client(at(*from).client_port()).call("Maintenance/MoveLeader", request, response, time).ok();
}

bool Cluster::disarm_alarms(Time time) {
  return wait_until(
      [&] {
        etcdserverpb::AlarmRequest list;
        etcdserverpb::AlarmResponse listed;
        if (!ask("Maintenance/Alarm", list, listed, 1s)) return false;
        for (const etcdserverpb::AlarmMember& alarm : listed.alarms()) {
          etcdserverpb::AlarmRequest disarm;
          disarm.set_action(etcdserverpb::AlarmRequest::DEACTIVATE);
          disarm.set_memberid(alarm.memberid());
          disarm.set_alarm(alarm.alarm());
          etcdserverpb::AlarmResponse ignored;
          ask("Maintenance/Alarm", disarm, ignored, 1s);
        }
        return listed.alarms().empty();
      },
      time);
}

std::string Cluster::end_of_log(Node node, size_t bytes) const {
  std::ifstream in(members_.at(node)->log_file(), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.substr(text.size() - std::min(text.size(), bytes));
}

}  // namespace viaduct::cluster_test
