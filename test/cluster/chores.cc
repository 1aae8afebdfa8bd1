#include "test/cluster/chores.h"

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;

constexpr auto kPatience = 2s;
constexpr uint64_t kMostKept = 200;  // revisions

}  // namespace

void Chores::run() {
  while (!done()) {
    const uint64_t dice = below(100);
    if (dice < 40 && compactions_) {
      compact();
    } else if (dice < 60) {
      move_leader();
    } else if (dice < 70) {
      defragment();
    } else {
      look();
    }
    sleep_ms(50, 1000);
    move();
  }
}

void Chores::compact() {
  RangeRequest range;
  range.set_key("/");
  range.set_count_only(true);
  RangeResponse state;
  if (!client_->call("KV/Range", range, state, kPatience).ok()) return;
  const int64_t revision = state.header().revision() - static_cast<int64_t>(below(kMostKept));
  const bool physical = chance(50);
  if (revision > 0) compactions_->ask(*client_, revision, physical, kPatience);
}

// Only the leader does it; now and then this is the one.
void Chores::move_leader() {
  const MemberListRequest list;
  MemberListResponse members;
  if (!client_->call("Cluster/MemberList", list, members, kPatience).ok() || members.members().empty()) return;
  MoveLeaderRequest request;
  request.set_targetid(members.members(static_cast<int>(below(static_cast<uint64_t>(members.members_size())))).id());
  MoveLeaderResponse response;
  client_->call("Maintenance/MoveLeader", request, response, kPatience);
}

void Chores::defragment() {
  const DefragmentRequest request;
  DefragmentResponse response;
  client_->call("Maintenance/Defragment", request, response, kPatience);
}

void Chores::look() {
  const StatusRequest status;
  StatusResponse told;
  client_->call("Maintenance/Status", status, told, kPatience);
  HashKVRequest request;
  HashKVResponse hash;
  client_->call("Maintenance/HashKV", request, hash, kPatience);
}

}  // namespace viaduct::cluster_test
