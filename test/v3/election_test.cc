#include "v3/election.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/v3/service_world.h"
#include "v3electionpb/v3election.pb.h"

namespace viaduct::v3 {
namespace {

using v3electionpb::CampaignRequest;
using v3electionpb::CampaignResponse;
using v3electionpb::LeaderKey;
using v3electionpb::LeaderRequest;
using v3electionpb::LeaderResponse;
using v3electionpb::ProclaimRequest;
using v3electionpb::ProclaimResponse;
using v3electionpb::ResignRequest;
using v3electionpb::ResignResponse;
using Lines = std::vector<std::string>;
using SaidPtr = std::shared_ptr<Said>;

std::string failure(const SaidPtr& said) {
  if (!said->end) return said->client_is_gone ? "gone" : "waits";
  return std::to_string(static_cast<int>(said->end->code)) + " " + said->end->message;
}

// "E=a E/5 rev 2 @3" for who leads, "@3" for what has a header alone, or how it failed.
template <typename Response>
std::string text(const SaidPtr& said) {
  if (said->messages.empty()) return failure(said);
  const auto response = said->message<Response>(0);
  CHECK(response.header().member_id() == 0xa);
  CHECK(response.header().raft_term() == 7);
  return "@" + std::to_string(response.header().revision());
}

std::string to_text(const LeaderResponse& response) {
  return response.kv().key() + "=" + response.kv().value() + " from " +
         std::to_string(response.kv().create_revision()) + " @" + std::to_string(response.header().revision());
}

struct ElectionWorld : ServiceWorld {
  ElectionWorld() {
    add_election_methods(methods, engine, options, signals);
    for (const uint64_t lease : {5, 6, 7}) {
      Command command;
      command.mutable_lease_grant()->set_id(lease);
      command.mutable_lease_grant()->set_ttl_seconds(10);
      apply(command);
    }
  }

  SaidPtr campaign(const std::string& name, int64_t lease, const std::string& value) {
    CampaignRequest request;
    request.set_name(name);
    request.set_lease(lease);
    request.set_value(value);
    return call("/v3electionpb.Election/Campaign", request);
  }
  SaidPtr proclaim(const LeaderKey& leader, const std::string& value) {
    ProclaimRequest request;
    *request.mutable_leader() = leader;
    request.set_value(value);
    return call("/v3electionpb.Election/Proclaim", request);
  }
  SaidPtr resign(const LeaderKey& leader) {
    ResignRequest request;
    *request.mutable_leader() = leader;
    return call("/v3electionpb.Election/Resign", request);
  }
  std::string leader(const std::string& name) {
    LeaderRequest request;
    request.set_name(name);
    const SaidPtr said = call("/v3electionpb.Election/Leader", request);
    return said->messages.empty() ? failure(said) : to_text(said->message<LeaderResponse>(0));
  }
  void revoke(uint64_t lease) {
    Command command;
    command.mutable_lease_revoke()->set_id(lease);
    apply(command);
  }
  void put(const std::string& key, const std::string& value) {
    Command command;
    command.mutable_put()->set_key(key);
    command.mutable_put()->set_value(value);
    apply(command);
  }
};

LeaderKey elected(const SaidPtr& said) { return said->message<CampaignResponse>(0).leader(); }

TEST_CASE("the first candidate leads with its value, under a key with its lease") {
  ElectionWorld world;
  CHECK(world.leader("E") == "2 election: no leader");
  const auto won = world.campaign("E", 5, "a");
  CHECK(text<CampaignResponse>(won) == "@2");
  const LeaderKey leader = elected(won);
  CHECK(leader.name() == "E");
  CHECK(leader.key() == "E/5");
  CHECK(leader.rev() == 2);
  CHECK(leader.lease() == 5);
  CHECK(world.leader("E") == "E/5=a from 2 @2");
  CHECK(world.leader("e") == "2 election: no leader");
}

TEST_CASE("who campaigns again keeps its key, and changes its value if that differs") {
  ElectionWorld world;
  world.campaign("E", 5, "a");
  const auto same = world.campaign("E", 5, "a");
  CHECK(text<CampaignResponse>(same) == "@2");
  const auto other = world.campaign("E", 5, "b");
  CHECK(text<CampaignResponse>(other) == "@2");
  CHECK(elected(other).rev() == 2);
  CHECK(world.leader("E") == "E/5=b from 2 @3");
  CHECK(world.keys() == Lines{"E/5=b lease 5 from 2"});
}

TEST_CASE("a candidate waits for all before it, and may change its value meanwhile") {
  ElectionWorld world;
  const LeaderKey first = elected(world.campaign("E", 5, "a"));
  const auto second = world.campaign("E", 6, "b"), third = world.campaign("E", 7, "c");
  const auto changed = world.campaign("E", 6, "B");
  CHECK(failure(second) == "waits");
  CHECK(failure(changed) == "waits");
  CHECK(text<ResignResponse>(world.resign(first)) == "@6");
  CHECK(text<CampaignResponse>(second) == "@3");  // when it came
  CHECK(text<CampaignResponse>(changed) == "@4");
  CHECK(elected(second).rev() == 3);
  CHECK(failure(third) == "waits");
  CHECK(world.leader("E") == "E/6=B from 3 @6");
  world.revoke(6);
  CHECK(elected(third).key() == "E/7");
}

TEST_CASE("a candidate that goes while it waits resigns") {
  ElectionWorld world;
  world.campaign("E", 5, "a");
  world.leave(world.campaign("E", 6, "b"));
  CHECK(world.keys() == Lines{"E/5=a lease 5 from 2"});
}

TEST_CASE("a candidate whose lease ended while it waited does not lead") {
  ElectionWorld world;
  const LeaderKey first = elected(world.campaign("E", 5, "a"));
  const auto second = world.campaign("E", 6, "b");
  world.revoke(6);
  world.resign(first);
  CHECK(failure(second) == "2 election: not leader");
}

TEST_CASE("only the leader's own key of that revision can be proclaimed") {
  ElectionWorld world;
  const LeaderKey leader = elected(world.campaign("E", 5, "a"));
  CHECK(text<ProclaimResponse>(world.proclaim(leader, "b")) == "@3");
  CHECK(world.leader("E") == "E/5=b from 2 @3");
  LeaderKey wrong = leader;
  wrong.set_rev(1);
  CHECK(failure(world.proclaim(wrong, "c")) == "2 election: not leader");
  world.resign(leader);
  CHECK(failure(world.proclaim(leader, "c")) == "2 election: not leader");
  CHECK(world.keys().empty());
}

TEST_CASE("a proclamation without a lease gets one of a minute") {
  ElectionWorld world;
  LeaderKey leader = elected(world.campaign("E", 5, "a"));
  leader.set_lease(0);
  CHECK(text<ProclaimResponse>(world.proclaim(leader, "b")) == "@3");
  const std::string key = world.keys().at(0);
  CHECK(key.starts_with("E/5=b lease "));
  CHECK(key.find("lease 5 ") == std::string::npos);
  CHECK(key.find("lease 0 ") == std::string::npos);
}

TEST_CASE("resigning what one does not lead changes nothing") {
  ElectionWorld world;
  const LeaderKey leader = elected(world.campaign("E", 5, "a"));
  LeaderKey wrong = leader;
  wrong.set_rev(9);
  CHECK(text<ResignResponse>(world.resign(wrong)) == "@2");
  CHECK(world.leader("E") == "E/5=a from 2 @2");
  CHECK(text<ResignResponse>(world.resign(leader)) == "@3");
  CHECK(text<ResignResponse>(world.resign(leader)) == "@3");
  CHECK(world.keys().empty());
}

TEST_CASE("a leader must be named, with its key") {
  ElectionWorld world;
  ProclaimRequest proclaim;
  ResignRequest resign;
  const std::string missing = "2 \"leader\" field must be provided";
  CHECK(failure(world.call("/v3electionpb.Election/Proclaim", proclaim)) == missing);
  CHECK(failure(world.call("/v3electionpb.Election/Resign", resign)) == missing);
  CHECK(failure(world.proclaim({}, "a")) == "2 etcdserver: key is not provided");
  CHECK(failure(world.resign({})) == "2 etcdserver: key is not provided");
}

TEST_CASE("errors from below are of code Unknown") {
  ElectionWorld world;
  CHECK(failure(world.campaign("E", 77, "a")) == "2 etcdserver: requested lease not found");
  for (const char* method : {"Campaign", "Proclaim", "Resign", "Leader"}) {
    CAPTURE(method);
    CampaignRequest campaign;
    campaign.set_lease(5);
    ProclaimRequest proclaim;
    proclaim.mutable_leader()->set_key("E/5");
    proclaim.mutable_leader()->set_lease(5);
    ResignRequest resign;
    resign.mutable_leader()->set_key("E/5");
    LeaderRequest leader;
    Message* const request = method[0] == 'C'   ? static_cast<Message*>(&campaign)
                             : method[0] == 'P' ? static_cast<Message*>(&proclaim)
                             : method[0] == 'R' ? static_cast<Message*>(&resign)
                                                : &leader;
    world.on_loop([&] { world.engine.refuse_next("etcdserver: request timed out"); });
    CHECK(failure(world.call(std::string("/v3electionpb.Election/") + method, *request)) ==
          "2 etcdserver: request timed out");
  }
}

// --- Observe ---

struct Observing {
  Observing(ElectionWorld& w, const std::string& name) : world(w) {
    world.on_loop([&] {
      stream = std::make_unique<FakeStream>(world.methods, "/v3electionpb.Election/Observe", &world.loop());
      LeaderRequest request;
      request.set_name(name);
      stream->inbound->on_message(request);
      stream->inbound->on_half_close();
    });
    world.settle();
  }
  ~Observing() {
    world.on_loop([&] { stream.reset(); });
  }

  // What was shown since the last time.
  Lines take() {
    Lines lines;
    world.on_loop([&] {
      for (size_t i = 0; i < stream->said->messages.size(); ++i)
        lines.push_back(to_text(stream->said->message<LeaderResponse>(i)));
      stream->said->messages.clear();
    });
    return lines;
  }

  ElectionWorld& world;
  std::unique_ptr<FakeStream> stream;
};

TEST_CASE("an observer is shown who leads, each of its values, and who leads next") {
  ElectionWorld world;
  const LeaderKey first = elected(world.campaign("E", 5, "a"));
  Observing observer(world, "E");
  CHECK(observer.take() == Lines{"E/5=a from 2 @2"});
  world.campaign("E", 6, "b");
  CHECK(observer.take().empty());
  world.proclaim(first, "A");
  world.proclaim(first, "AA");
  CHECK(observer.take() == Lines{"E/5=A from 2 @4", "E/5=AA from 2 @5"});
  world.resign(first);
  CHECK(observer.take() == Lines{"E/6=b from 3 @6"});
  world.revoke(6);
  CHECK(observer.take().empty());
  CHECK_FALSE(observer.stream->said->end);
}

TEST_CASE("an observer of nobody is shown the first that comes, and one watch is enough at any time") {
  ElectionWorld world;
  Observing observer(world, "E");
  CHECK(observer.take().empty());
  CHECK(world.engine.hub().size() == 1);
  world.put("F/5", "x");
  world.put("E", "x");
  world.put("E0", "x");
  CHECK(observer.take().empty());
  const LeaderKey leader = elected(world.campaign("E", 5, "a"));
  CHECK(observer.take() == Lines{"E/5=a from 5 @5"});
  CHECK(world.engine.hub().size() == 1);
  world.resign(leader);
  CHECK(world.engine.hub().size() == 1);
  world.campaign("E", 5, "again");
  CHECK(observer.take() == Lines{"E/5=again from 7 @7"});
}

TEST_CASE("a leader that goes and comes in one transaction is a new one") {
  ElectionWorld world;
  world.campaign("E", 5, "a");
  Observing observer(world, "E");
  observer.take();
  Command command;
  command.mutable_txn()->add_success()->mutable_request_delete_range()->set_key("E/5");
  auto& put = *command.mutable_txn()->add_success()->mutable_request_put();
  put.set_key("E/5");
  put.set_value("b");
  world.apply(command);
  CHECK(observer.take() == Lines{"E/5=b from 3 @3"});
}

TEST_CASE("an observer that does not read is shown the newest once it does, and holds no watch meanwhile") {
  ElectionWorld world;
  const LeaderKey leader = elected(world.campaign("E", 5, "a"));
  Observing observer(world, "E");
  observer.take();
  world.on_loop([&] { observer.stream->said->backlog = 1 << 20; });
  world.proclaim(leader, "b");
  CHECK(observer.take() == Lines{"E/5=b from 2 @3"});
  CHECK(world.engine.hub().size() == 0);
  world.proclaim(leader, "c");
  world.proclaim(leader, "d");
  CHECK(observer.take().empty());
  world.on_loop([&] {
    observer.stream->said->backlog = 0;
    observer.stream->inbound->on_drained();
  });
  world.settle();
  CHECK(observer.take() == Lines{"E/5=d from 2 @5"});
  CHECK(world.engine.hub().size() == 1);
}

TEST_CASE("an observer that goes leaves no watch, and what it asked for finds nobody") {
  ElectionWorld world;
  { Observing observer(world, "E"); }
  CHECK(world.engine.hub().size() == 0);
  world.on_loop([&] { world.engine.hold(); });
  { Observing observer(world, "E"); }
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(world.engine.hub().size() == 0);
}

TEST_CASE("an observer ends when the server stops, and when it cannot learn who leads") {
  ElectionWorld world;
  Observing observer(world, "E");
  world.on_loop([&] { observer.stream->inbound->on_shutdown(); });
  CHECK(failure(observer.stream->said) == "14 etcdserver: server stopped");
  world.on_loop([&] { world.engine.refuse_next("etcdserver: request timed out"); });
  Observing refused(world, "E");
  CHECK(failure(refused.stream->said) == "2 etcdserver: request timed out");
}

}  // namespace
}  // namespace viaduct::v3
