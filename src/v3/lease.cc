#include "v3/lease.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "store/lease.h"
#include "v3/lease_grant.h"
#include "v3/quota.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::LeaseGrantRequest;
using etcdserverpb::LeaseGrantResponse;
using etcdserverpb::LeaseLeasesRequest;
using etcdserverpb::LeaseLeasesResponse;
using etcdserverpb::LeaseRevokeRequest;
using etcdserverpb::LeaseRevokeResponse;
using etcdserverpb::LeaseTimeToLiveRequest;
using etcdserverpb::LeaseTimeToLiveResponse;
using CallPtr = std::unique_ptr<Call>;

constexpr KnownError kTooManyLeases{StatusCode::kResourceExhausted, "etcdserver: too many leases"};

int64_t to_signed(LeaseId id) { return static_cast<int64_t>(id.value); }

class Lease {
 public:
  Lease(v3bridge::Engine& engine, const ServiceOptions& options)
      : engine_(engine), options_(options), quota_(engine, options.quota_bytes) {}

  void grant(CallPtr call, const LeaseGrantRequest& request) {
    Command command;
    auto& grant = *command.mutable_lease_grant();
    if (!quota_.admits(command, call)) return;
    if (request.ttl() > static_cast<int64_t>(store::kMaxTtlSeconds)) return call->fail(kLeaseTtlTooLarge);
    if (engine_.store().sizes().leases >= options_.max_leases) return call->fail(kTooManyLeases);
    const LeaseId id = request.id() != 0 ? LeaseId(static_cast<uint64_t>(request.id())) : pick_lease_id(engine_);
    const int64_t ttl = effective_ttl_seconds(request.ttl(), options_);
    grant.set_id(id.value);
    grant.set_ttl_seconds(static_cast<uint64_t>(ttl));
    propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command),
            [this, id, ttl](CallPtr done, const v3bridge::Outcome& outcome) {
              LeaseGrantResponse response;
              fill_header(engine_, outcome.revision, *response.mutable_header());
              response.set_id(to_signed(id));
              response.set_ttl(ttl);
              done->reply(response);
            });
  }

  void revoke(CallPtr call, const LeaseRevokeRequest& request) {
    Command command;
    command.mutable_lease_revoke()->set_id(static_cast<uint64_t>(request.id()));
    propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command),
            [this](CallPtr done, const v3bridge::Outcome& outcome) {
              LeaseRevokeResponse response;
              fill_header(engine_, outcome.revision, *response.mutable_header());
              done->reply(response);
            });
  }

  void time_to_live(CallPtr call, const LeaseTimeToLiveRequest& request) {
    const auto answer = [this, id = request.id(), keys = request.keys()](CallPtr current) {
      current->reply(show(LeaseId(static_cast<uint64_t>(id)), keys));
    };
    when_current(engine_, std::move(call), answer, InVain::kLacksLeader);
  }

  // On a reader, since there may be millions. Without a leader, those that this member knows of, as etcd always does.
  void leases(CallPtr call) {
    const auto answer = [this](CallPtr current) {
      answer_from_reader<LeaseLeasesResponse>(engine_, std::move(current), [this](LeaseLeasesResponse& response) {
        list(response);
        return Status();
      });
    };
    if (!engine_.raft_status().leader) return answer(std::move(call));
    when_current(engine_, std::move(call), answer);
  }

 private:
  LeaseTimeToLiveResponse show(LeaseId id, bool keys) const {
    LeaseTimeToLiveResponse response;
    response.set_id(to_signed(id));
    const uint64_t now_ms = engine_.cluster_now_ms();
    const store::Store& store = engine_.store();
    const store::Store::ReadLock lock(store);
    fill_header(engine_, store.numbers().revision, *response.mutable_header());
    const store::Lease* const lease = store.find_lease(id);
    response.set_ttl(-1);
    if (!lease) return response;
    response.set_ttl(static_cast<int64_t>(lease->deadline_ms - now_ms) / 1000);
    response.set_grantedttl(static_cast<int64_t>(lease->ttl_seconds));
    if (!keys) return response;
    for (auto& [family, name] : store.attached(id)) {
      if (family == store::Family::kKey) response.add_keys(std::move(name));
    }
    return response;
  }

  void list(LeaseLeasesResponse& response) const;

  v3bridge::Engine& engine_;
  const ServiceOptions options_;
  Quota quota_;
};

void Lease::list(LeaseLeasesResponse& response) const {
  const store::Store& store = engine_.store();
  fill_header(engine_, current_numbers(store).revision, *response.mutable_header());
  std::vector<std::pair<uint64_t, LeaseId>> by_deadline;
  for (bool more = true; more;) {
    const LeaseId from = by_deadline.empty() ? LeaseId() : by_deadline.back().second.next();
    size_t left = store::Store::kSliceNodes;
    const store::Store::ReadLock lock(store);
    store.each_lease(
        [&](const store::Lease& lease) {
          by_deadline.emplace_back(lease.deadline_ms, lease.id);
          return --left > 0;
        },
        from);
    more = left == 0 && by_deadline.back().second != LeaseId(std::numeric_limits<uint64_t>::max());
  }
  std::sort(by_deadline.begin(), by_deadline.end());
  for (const auto& [deadline, id] : by_deadline) response.add_leases()->set_id(to_signed(id));
}

}  // namespace

void add_lease_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options) {
  // Each method holds on to the service; it goes with the last of them.
  const auto lease = std::make_shared<Lease>(engine, options);
  methods.add_unary<LeaseGrantRequest, LeaseGrantResponse>(
      "/etcdserverpb.Lease/LeaseGrant", {"/lease/grant"},
      [lease](CallPtr call, LeaseGrantRequest& request) { lease->grant(std::move(call), request); });
  methods.add_unary<LeaseRevokeRequest, LeaseRevokeResponse>(
      "/etcdserverpb.Lease/LeaseRevoke", {"/lease/revoke", "/kv/lease/revoke"},
      [lease](CallPtr call, LeaseRevokeRequest& request) { lease->revoke(std::move(call), request); });
  methods.add_unary<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(
      "/etcdserverpb.Lease/LeaseTimeToLive", {"/lease/timetolive", "/kv/lease/timetolive"},
      [lease](CallPtr call, LeaseTimeToLiveRequest& request) { lease->time_to_live(std::move(call), request); });
  methods.add_unary<LeaseLeasesRequest, LeaseLeasesResponse>(
      "/etcdserverpb.Lease/LeaseLeases", {"/lease/leases", "/kv/lease/leases"},
      [lease](CallPtr call, LeaseLeasesRequest&) { lease->leases(std::move(call)); });
}

}  // namespace viaduct::v3
