// What others answer to a member that starts: a name server, a member's list of members, a discovery service. The first
// byte chooses. Nothing of it is trusted; what is understood is told apart in one way only.
#include <cassert>
#include <cstdint>
#include <string>

#include "base/log.h"
#include "server/config_cluster.h"
#include "server/discovery.h"
#include "server/remote_cluster.h"
#include "server/srv_lookup.h"
#include "test/fuzz/input.h"
#include "test/server/fake_outside.h"

namespace viaduct::server {
namespace {

const std::string kUrl = "http://d/v2/keys/token";

void check_srv(fuzz::Input& input) {
  const auto records = parse_srv_answer(input.rest());
  if (!records) {
    assert(records.error().code == Code::kInvalidArgument);
    return;
  }
  for (size_t i = 1; i < records->size(); ++i) assert((*records)[i - 1].priority <= (*records)[i].priority);
}

void check_members(fuzz::Input& input) {
  const std::string id(input.prefixed());
  const peer::HttpReply reply =
      reply_of(input.below(8) == 1 ? 404 : 200, std::string(input.rest()), {{"X-Etcd-Cluster-ID", id}});
  const auto cluster = parse_cluster(reply);
  if (!cluster) {
    assert(cluster.error().code == Code::kInvalidArgument);
    return;
  }
  for (size_t i = 0; i < cluster->members.size(); ++i) {
    assert(cluster->members[i].id);
    if (i > 0) assert(cluster->members[i - 1].id <= cluster->members[i].id);
  }
  assert(!show(*cluster).empty());
}

struct TooLong {};

// Every answer is the input's; a service that keeps one waiting is left after a while.
void check_discovery(fuzz::Input& input) {
  FakeOutside world;
  int asked = 0;
  const auto answer = [&](const peer::HttpRequest&) {
    if (++asked > 20) throw TooLong{};
    static constexpr int kStatus[] = {200, 201, 404, 412, 500, 503};
    const int status = kStatus[input.below(std::size(kStatus))];
    return reply_of(status, std::string(input.prefixed()), {{"X-Etcd-Index", std::string(input.prefixed())}});
  };
  for (const std::string& request : {"GET " + kUrl + "/_config/size", "GET " + kUrl, "PUT " + kUrl + "/a1"}) {
    world.answers[request] = answer;
  }
  world.on_pause = [&] {
    if (world.pauses.size() > 20) throw TooLong{};
  };
  try {
    const auto found = discover(kUrl, MemberId(0xa1), "a=http://a:2380", world.outside());
    if (!found) return;
    std::string text;
    for (const auto& [name, url] : *found) text += (text.empty() ? "" : ",") + name + "=" + url.text;
    const auto again = parse_initial_cluster(text);
    assert(text.empty() || again);
  } catch (const TooLong&) {
  }
}

void check(fuzz::Input& input) {
  switch (input.below(3)) {
    case 0:
      return check_srv(input);
    case 1:
      return check_members(input);
    default:
      return check_discovery(input);
  }
}

}  // namespace
}  // namespace viaduct::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::log::set_level(viaduct::log::Level::kFatal);
  viaduct::fuzz::Input input(data, size);
  viaduct::server::check(input);
  return 0;
}
