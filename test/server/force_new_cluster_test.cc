// --force-new-cluster from every kind of history (operations.md 2.9, RB-48).
#include "test/server/node_cluster.h"

namespace viaduct::server {
namespace {

const MemberId kFirst = NodeCluster::id_of(0), kSecond = NodeCluster::id_of(1), kThird = NodeCluster::id_of(2);

bool write(NodeCluster& cluster, MemberId at, const std::string& path) {
  return std::holds_alternative<v3bridge::V2Done>(cluster.propose(at, NodeWorld::put(path, "v")).body);
}

// Once the state says how it was made, as it does before clients are served.
MemberId serving_leader(NodeCluster& cluster) {
  const MemberId leader = cluster.leader();
  cluster.until("a leader that serves",
                [&] { return cluster.node(leader).wait_until_published(std::chrono::milliseconds(0)); });
  return leader;
}

void until_it_has(NodeCluster& cluster, MemberId id, const std::string& path) {
  cluster.until("the write to arrive", [&] { return cluster.has(id, path); });
}

// Stops whoever runs, and starts `survivor` as the only member: it has all that was acknowledged, and takes writes; a
// start without the flag finds it so.
void check_takes_over(NodeCluster& cluster, std::vector<MemberId> running, MemberId survivor) {
  for (const MemberId id : running) cluster.stop(id);
  for (const bool forced : {true, false}) {
    CAPTURE(forced);
    cluster.set_force_new_cluster(survivor, forced);
    cluster.start(survivor);
    cluster.until("it to serve",
                  [&] { return cluster.node(survivor).wait_until_published(std::chrono::milliseconds(0)); });
    cluster.until("it to lead", [&] { return cluster.leader_of(survivor) == survivor; });
    const std::vector<v3bridge::Member> members = cluster.node(survivor).members();
    REQUIRE(members.size() == 1);
    CHECK(members[0].id == survivor);
    CHECK(!members[0].is_learner);
    CHECK(cluster.has(survivor, "/before"));
    CHECK(!cluster.has(survivor, "/in-vain"));
    CHECK(write(cluster, survivor, forced ? "/forced" : "/after"));
    CHECK(cluster.has(survivor, "/forced"));
    cluster.stop(survivor);
  }
}

// Known bug: RB-48.
TEST_CASE("one of three goes on alone, whoever led") {
  for (const MemberId survivor : {kFirst, kSecond, kThird}) {
    CAPTURE(survivor.value);
    NodeCluster cluster(3);
    REQUIRE(write(cluster, serving_leader(cluster), "/before"));
    until_it_has(cluster, survivor, "/before");
    check_takes_over(cluster, {kFirst, kSecond, kThird}, survivor);
  }
}

TEST_CASE("a member alone stays what it is, and loses nothing") {
  NodeCluster cluster(1);
  REQUIRE(write(cluster, serving_leader(cluster), "/before"));
  check_takes_over(cluster, {kFirst}, kFirst);
}

TEST_CASE("a learner becomes the voter") {
  NodeCluster cluster(1);
  REQUIRE(write(cluster, serving_leader(cluster), "/before"));
  (void)cluster.propose(kFirst, NodeWorld::add_member(kSecond, NodeCluster::url_of(1), true));
  cluster.add(1, {false, {{kFirst, "m0", {NodeCluster::url_of(0)}, {}}}});
  until_it_has(cluster, kSecond, "/before");
  cluster.until("it to know itself", [&] { return cluster.node(kSecond).members().size() == 2; });
  check_takes_over(cluster, {kFirst, kSecond}, kSecond);
}

// Known bug: RB-48.
TEST_CASE("what a leader had proposed in vain is dropped, a change of the members with it") {
  for (const bool removes : {true, false}) {
    CAPTURE(removes);
    NodeCluster cluster(3);
    const MemberId leader = serving_leader(cluster);
    REQUIRE(write(cluster, leader, "/before"));
    cluster.isolate(leader);
    auto lost = cluster.begin(leader, NodeWorld::put("/in-vain", "v"));
    auto change = cluster.begin(leader, removes ? NodeWorld::remove_member(cluster.other_than(leader))
                                                : NodeWorld::add_member(MemberId(9), NodeCluster::url_of(8)));
    cluster.tick();
    check_takes_over(cluster, {kFirst, kSecond, kThird}, leader);
  }
}

}  // namespace
}  // namespace viaduct::server
