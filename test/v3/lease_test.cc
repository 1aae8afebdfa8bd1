#include "v3/lease.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/service_world.h"
#include "v3/keep_alive.h"
#include "v3/renewals.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::LeaseGrantRequest;
using etcdserverpb::LeaseGrantResponse;
using etcdserverpb::LeaseKeepAliveRequest;
using etcdserverpb::LeaseKeepAliveResponse;
using etcdserverpb::LeaseLeasesRequest;
using etcdserverpb::LeaseLeasesResponse;
using etcdserverpb::LeaseRevokeRequest;
using etcdserverpb::LeaseTimeToLiveRequest;
using etcdserverpb::LeaseTimeToLiveResponse;

class LeaseWorld : public ServiceWorld {
 public:
  explicit LeaseWorld(const ServiceOptions& wanted = {}) {
    options = wanted;
    add_lease_methods(methods, engine, options);
    add_keep_alive_method(methods, engine);
  }

  std::shared_ptr<Said> grant(int64_t id, int64_t ttl) {
    LeaseGrantRequest request;
    request.set_id(id);
    request.set_ttl(ttl);
    return call("/etcdserverpb.Lease/LeaseGrant", request);
  }
  std::shared_ptr<Said> revoke(int64_t id) {
    LeaseRevokeRequest request;
    request.set_id(id);
    return call("/etcdserverpb.Lease/LeaseRevoke", request);
  }
  LeaseTimeToLiveResponse time_to_live(int64_t id) {
    LeaseTimeToLiveRequest request;
    request.set_id(id);
    request.set_keys(true);
    return call("/etcdserverpb.Lease/LeaseTimeToLive", request)->message<LeaseTimeToLiveResponse>(0);
  }
  void put(const std::string& key, int64_t lease) {
    Command command;
    command.mutable_put()->set_key(key);
    command.mutable_put()->set_lease(lease);
    apply(command);
  }
};

// A keep-alive stream, and its client.
class KeepAliveStream {
 public:
  explicit KeepAliveStream(LeaseWorld& world) : world_(world) {
    world.on_loop([&] {
      stream_ = std::make_unique<FakeStream>(world.methods, "/etcdserverpb.Lease/LeaseKeepAlive", &world.loop());
    });
  }
  ~KeepAliveStream() {
    world_.on_loop([&] { stream_.reset(); });
  }

  void ask(const std::vector<int64_t>& ids) {
    world_.on_loop([&] {
      for (const int64_t id : ids) {
        LeaseKeepAliveRequest request;
        request.set_id(id);
        stream_->inbound->on_message(request);
      }
    });
    world_.settle();
  }
  void half_close() {
    world_.on_loop([&] { stream_->inbound->on_half_close(); });
    world_.settle();
  }
  // "id:ttl" of each answer so far.
  std::string answers() const {
    std::string text;
    for (size_t i = 0; i < said().messages.size(); ++i) {
      const auto answer = said().message<LeaseKeepAliveResponse>(i);
      text += std::to_string(answer.id()) + ":" + std::to_string(answer.ttl()) + " ";
    }
    return text;
  }
  Said& said() const { return *stream_->said; }
  Inbound& inbound() { return *stream_->inbound; }

 private:
  LeaseWorld& world_;
  std::unique_ptr<FakeStream> stream_;
};

TEST_CASE("a lease lives at least one and a half election timeouts, whatever was asked") {
  struct Case {
    int64_t election_ms, asked, granted;
  };
  for (const Case& c : {Case{1000, 0, 2}, Case{1000, -5, 2}, Case{1000, 2, 2}, Case{1000, 3, 3}, Case{2000, 1, 3},
                        Case{2001, 1, 4}, Case{1000, 9'000'000'000, 9'000'000'000}}) {
    CAPTURE(c.election_ms);
    CAPTURE(c.asked);
    ServiceOptions options;
    options.election_timeout = std::chrono::milliseconds(c.election_ms);
    LeaseWorld world(options);
    const auto response = world.grant(7, c.asked)->message<LeaseGrantResponse>(0);
    CHECK(response.ttl() == c.granted);
    CHECK(response.id() == 7);
    CHECK(response.error().empty());
    CHECK(response.header().revision() == 1);
  }
}

TEST_CASE("a grant is refused in etcd's words") {
  ServiceOptions options;
  options.max_leases = 2;
  LeaseWorld world(options);
  CHECK(world.grant(1, 9'000'000'001)->end->message == "etcdserver: too large lease TTL");
  CHECK(world.grant(1, 10)->end->ok());
  CHECK(world.grant(1, 10)->end->message == "etcdserver: lease already exists");
  CHECK(world.grant(-7, 10)->message<LeaseGrantResponse>(0).id() == -7);
  CHECK(world.grant(3, 10)->end->code == StatusCode::kResourceExhausted);
}

TEST_CASE("an id that the server picks is positive and none of those that v2 makes") {
  LeaseWorld world;
  for (int i = 0; i < 100; ++i) {
    const int64_t id = world.grant(0, 10)->message<LeaseGrantResponse>(0).id();
    CHECK(id > 0);
    CHECK(id < int64_t{1} << 62);
  }
}

TEST_CASE("a lease shows what is left of it and its keys; one that is not there shows -1") {
  LeaseWorld world;
  world.grant(7, 100);
  world.put("/b", 7);
  world.put("/a", 7);
  const LeaseTimeToLiveResponse response = world.time_to_live(7);
  CHECK(response.grantedttl() == 100);
  CHECK(response.ttl() <= 100);
  CHECK(response.ttl() >= 99);
  CHECK(std::vector<std::string>(response.keys().begin(), response.keys().end()) ==
        std::vector<std::string>{"/a", "/b"});
  CHECK(response.header().revision() == 3);
  CHECK(world.time_to_live(8).ttl() == -1);
  CHECK(world.time_to_live(8).grantedttl() == 0);
}

TEST_CASE("leases are listed by what is left of them") {
  LeaseWorld world;
  for (const auto& [id, ttl] : std::vector<std::pair<int64_t, int64_t>>{{5, 300}, {-1, 100}, {9, 200}}) {
    world.grant(id, ttl);
  }
  LeaseLeasesRequest request;
  const auto response = world.call("/etcdserverpb.Lease/LeaseLeases", request)->message<LeaseLeasesResponse>(0);
  REQUIRE(response.leases_size() == 3);
  CHECK(response.leases(0).id() == -1);
  CHECK(response.leases(1).id() == 9);
  CHECK(response.leases(2).id() == 5);
}

TEST_CASE("a revoked lease takes its keys along at one revision") {
  LeaseWorld world;
  world.grant(7, 100);
  world.put("/a", 7);
  world.put("/b", 7);
  const auto said = world.revoke(7);
  CHECK(said->message<etcdserverpb::LeaseRevokeResponse>(0).header().revision() == 4);
  CHECK(world.keys().empty());
  CHECK(world.revoke(7)->end->message == "etcdserver: requested lease not found");
}

// Known bug: RB-54.
TEST_CASE("a renewal answers with the whole TTL, and with 0 for a lease that is not there") {
  LeaseWorld world;
  world.grant(7, 100);
  KeepAliveStream stream(world);
  stream.ask({7, 8, 7});
  CHECK(stream.answers() == "7:100 8:0 7:100 ");
  CHECK(stream.said().message<LeaseKeepAliveResponse>(0).header().revision() == 1);
  CHECK_FALSE(stream.said().end);
}

TEST_CASE("renewals that arrive while one is in the log share the next entry, and are answered in order") {
  LeaseWorld world;
  for (const int64_t id : {1, 2, 3}) world.grant(id, 100);
  KeepAliveStream one(world), other(world);
  world.engine.hold();
  one.ask({1, 2, 9});
  other.ask({3, 2});
  CHECK(one.answers().empty());
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(one.answers() == "1:100 2:100 9:0 ");
  CHECK(other.answers() == "3:100 2:100 ");
  CHECK(world.engine.proposed() == 3 + 2);  // three grants, the first renewal, and the others
}

TEST_CASE("RB-55: a renewal succeeds if its own entry found the lease, not if one of that id is there by now") {
  LeaseWorld world;
  world.grant(7, 100);
  KeepAliveStream stream(world);
  Command revoke, grant;
  revoke.mutable_lease_revoke()->set_id(7);
  grant.mutable_lease_grant()->set_id(7);
  grant.mutable_lease_grant()->set_ttl_seconds(100);
  world.engine.hold();
  stream.ask({7});
  world.on_loop([&] {
    world.engine.apply(revoke);  // came first in the log
    world.engine.release();
    world.engine.apply(grant);  // before the answer is made
  });
  world.settle();
  CHECK(stream.answers() == "7:0 ");
  stream.ask({7});
  CHECK(stream.answers() == "7:0 7:100 ");
}

TEST_CASE("a stream whose client has said all ends when the last renewal is answered") {
  LeaseWorld world;
  world.grant(1, 100);
  KeepAliveStream stream(world);
  world.engine.hold();
  stream.ask({1});
  stream.half_close();
  CHECK_FALSE(stream.said().end);
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(stream.answers() == "1:100 ");
  REQUIRE(stream.said().end);
  CHECK(stream.said().end->ok());

  KeepAliveStream silent(world);
  silent.half_close();
  REQUIRE(silent.said().end);
  CHECK(silent.said().end->ok());
}

TEST_CASE("a renewal that the log refuses ends its stream with the reason") {
  LeaseWorld world;
  KeepAliveStream stream(world);
  world.engine.refuse_next("etcdserver: request timed out");
  stream.ask({1});
  REQUIRE(stream.said().end);
  CHECK(stream.said().end->message == "etcdserver: request timed out");
  CHECK(stream.said().end->code == StatusCode::kUnavailable);
}

TEST_CASE("a renewal that waited in vain for a leader says that there is none") {
  LeaseWorld world;
  KeepAliveStream stream(world);
  world.engine.raft.leader = {};
  world.engine.refuse_next("etcdserver: request timed out");
  stream.ask({1});
  REQUIRE(stream.said().end);
  CHECK(stream.said().end->message == "etcdserver: no leader");
  CHECK(stream.said().end->code == StatusCode::kUnavailable);
}

TEST_CASE("without a leader, what is asked about a lease waits in vain, and this member's leases are listed") {
  LeaseWorld world;
  world.grant(1, 100);
  world.engine.raft.leader = {};
  world.engine.refuse_next("etcdserver: request timed out");
  LeaseTimeToLiveRequest request;
  request.set_id(1);
  const auto said = world.call("/etcdserverpb.Lease/LeaseTimeToLive", request);
  REQUIRE(said->end);
  CHECK(said->end->message == "etcdserver: no leader");
  CHECK(said->end->code == StatusCode::kUnavailable);
  world.engine.refuse_next("etcdserver: request timed out");
  LeaseLeasesRequest all;
  CHECK(world.call("/etcdserverpb.Lease/LeaseLeases", all)->message<LeaseLeasesResponse>(0).leases_size() == 1);
}

TEST_CASE("a client that asks faster than it reads is read no further until it has") {
  LeaseWorld world;
  world.grant(1, 100);
  KeepAliveStream stream(world);
  stream.said().backlog = 1 << 20;
  stream.ask({1});
  CHECK(stream.said().input_paused);
  stream.said().backlog = 0;
  world.on_loop([&] { stream.inbound().on_drained(); });
  CHECK_FALSE(stream.said().input_paused);
}

// Known bug: RB-52.
TEST_CASE("a client that has gone is not answered") {
  LeaseWorld world;
  world.grant(1, 100);
  KeepAliveStream stream(world);
  world.engine.hold();
  stream.ask({1});
  world.on_loop([&] { stream.inbound().on_gone(); });
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(stream.answers().empty());
}

}  // namespace
}  // namespace viaduct::v3
