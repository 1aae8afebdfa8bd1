#include "v3/election.h"

#include <memory>
#include <utility>

#include "v3/election_observe.h"
#include "v3/ownership.h"
#include "v3/range_read.h"
#include "v3/unknown_errors.h"
#include "v3electionpb/v3election.pb.h"

namespace viaduct::v3 {
namespace {

using v3bridge::Outcome;
using v3electionpb::CampaignRequest;
using v3electionpb::CampaignResponse;
using v3electionpb::LeaderKey;
using v3electionpb::LeaderRequest;
using v3electionpb::LeaderResponse;
using v3electionpb::ProclaimRequest;
using v3electionpb::ProclaimResponse;
using v3electionpb::ResignRequest;
using v3electionpb::ResignResponse;
using CallPtr = std::unique_ptr<Call>;

constexpr KnownError kNotLeaderOfElection{StatusCode::kUnknown, "election: not leader"};
constexpr KnownError kNoLeaderElected{StatusCode::kUnknown, "election: no leader"};
constexpr KnownError kLeaderMissing{StatusCode::kUnknown, "\"leader\" field must be provided"};

LeaseId to_lease(int64_t id) { return LeaseId(static_cast<uint64_t>(id)); }

bool succeeded(const Outcome& outcome) { return std::get<v3bridge::V3Result>(outcome.body).txn->succeeded(); }

class Election {
 public:
  Election(v3bridge::Engine& engine, const ServiceOptions& options, KeySignals& signals)
      : ownership_(engine, options, signals) {}

  void campaign(CallPtr call, const CampaignRequest& request) {
    const Claim claim{.name = request.name(),
                      .lease = to_lease(request.lease()),
                      .value = request.value(),
                      .updates = true,
                      .lost = kNotLeaderOfElection};
    ownership_.acquire(std::move(call), request.ByteSizeLong(), claim,
                       [this, name = request.name()](Call& elected, const Owned& owned) {
                         CampaignResponse response;
                         fill_header(engine(), owned.claimed, *response.mutable_header());
                         LeaderKey& leader = *response.mutable_leader();
                         leader.set_name(name);
                         leader.set_key(owned.key);
                         leader.set_rev(static_cast<int64_t>(owned.created.value));
                         leader.set_lease(static_cast<int64_t>(owned.lease.value));
                         elected.reply(response);
                       });
  }

  void proclaim(CallPtr call, const ProclaimRequest& request) {
    if (!names_key(call, request)) return;
    ownership_.with_lease(std::move(call), to_lease(request.leader().lease()),
                          [this, request](CallPtr leased, LeaseId lease) {
                            Command command;
                            auto& txn = *command.mutable_txn() = if_leads(request.leader());
                            auto& put = *txn.add_success()->mutable_request_put();
                            put.set_key(request.leader().key());
                            put.set_value(request.value());
                            put.set_lease(static_cast<int64_t>(lease.value));
                            if (!ownership_.quota().admits(command, leased)) return;
                            change<ProclaimResponse>(std::move(leased), std::move(command), kNotLeaderOfElection);
                          });
  }

  // To resign what one does not lead is no error.
  void resign(CallPtr call, const ResignRequest& request) {
    if (!names_key(call, request)) return;
    Command command;
    auto& txn = *command.mutable_txn() = if_leads(request.leader());
    txn.add_success()->mutable_request_delete_range()->set_key(request.leader().key());
    change<ResignResponse>(std::move(call), std::move(command), {});
  }

  void leader(CallPtr call, const LeaderRequest& request) {
    if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
    when_current(engine(), std::move(call), [this, request = oldest_owner(request.name())](CallPtr current) {
      net::Loop& loop = current->loop();
      read_range(engine(), loop, request,
                 [this, asked = std::move(current)](Revision head, etcdserverpb::RangeResponse& oldest) {
                   if (oldest.kvs().empty()) return asked->fail(kNoLeaderElected);
                   LeaderResponse response;
                   fill_header(engine(), head, *response.mutable_header());
                   response.mutable_kv()->Swap(oldest.mutable_kvs(0));
                   asked->reply(response);
                 });
    });
  }

  std::unique_ptr<Inbound> observe(Call& call) { return observe_election(call, engine(), ownership_.signals()); }

 private:
  v3bridge::Engine& engine() { return ownership_.engine(); }

  template <typename Request>
  static bool names_key(const CallPtr& call, const Request& request) {
    if (!request.has_leader())
      call->fail(kLeaderMissing);
    else if (shows_token(call->metadata()))
      call->fail(kInvalidAuthToken);
    else if (request.leader().key().empty())
      call->fail(kEmptyKey);
    else
      return true;
    return false;
  }

  static etcdserverpb::TxnRequest if_leads(const LeaderKey& leader) {
    return if_created(leader.key(), Revision(static_cast<uint64_t>(leader.rev())));
  }

  // `otherwise`: how the call ends if the key is not the leader's any more.
  template <typename Response>
  void change(CallPtr call, Command&& command, const Status& otherwise) {
    const size_t bytes = command.txn().ByteSizeLong();
    propose(engine(), ownership_.options(), std::move(call), bytes, std::move(command),
            [this, otherwise](CallPtr done, const Outcome& outcome) {
              if (!succeeded(outcome) && !otherwise.ok()) return done->fail(otherwise);
              Response response;
              fill_header(engine(), outcome.revision, *response.mutable_header());
              done->reply(response);
            });
  }

  Ownership ownership_;
};

}  // namespace

void add_election_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options,
                          KeySignals& signals) {
  // Each method holds on to the service; it goes with the last of them.
  const auto election = std::make_shared<Election>(engine, options, signals);
  methods.add_unary<CampaignRequest, CampaignResponse>(
      "/v3electionpb.Election/Campaign", {"/election/campaign"}, [election](CallPtr call, CampaignRequest& request) {
        election->campaign(with_unknown_errors(std::move(call)), request);
      });
  methods.add_unary<ProclaimRequest, ProclaimResponse>(
      "/v3electionpb.Election/Proclaim", {"/election/proclaim"}, [election](CallPtr call, ProclaimRequest& request) {
        election->proclaim(with_unknown_errors(std::move(call)), request);
      });
  methods.add_unary<LeaderRequest, LeaderResponse>("/v3electionpb.Election/Leader", {"/election/leader"},
                                                   [election](CallPtr call, LeaderRequest& request) {
                                                     election->leader(with_unknown_errors(std::move(call)), request);
                                                   });
  methods.add_stream<LeaderRequest, LeaderResponse>(Method::Kind::kServerStream, "/v3electionpb.Election/Observe",
                                                    {"/election/observe"},
                                                    [election](Call& call) { return election->observe(call); });
  methods.add_unary<ResignRequest, ResignResponse>("/v3electionpb.Election/Resign", {"/election/resign"},
                                                   [election](CallPtr call, ResignRequest& request) {
                                                     election->resign(with_unknown_errors(std::move(call)), request);
                                                   });
}

}  // namespace viaduct::v3
