#include "v2/peer_members.h"

#include "base/json_text.h"

namespace viaduct::v2 {

std::string peer_members_json(const v3bridge::Engine& engine) {
  std::string body = "[";
  for (const v3bridge::Member& member : engine.members()) {
    if (body.back() != '[') body += ',';
    body += "{\"id\":";
    append_number(body, member.id.value);
    body += ",\"peerURLs\":";
    append_json_list(body, member.peer_urls);
    if (member.is_learner) body += ",\"isLearner\":true";
    if (!member.name.empty()) {
      body += ",\"name\":";
      append_json_string(body, member.name);
    }
    if (!member.client_urls.empty()) {
      body += ",\"clientURLs\":";
      append_json_list(body, member.client_urls);
    }
    body += '}';
  }
  return body + "]\n";
}

void PeerMembers::serve(Exchange&& exchange) {
  exchange.headers.add("X-Etcd-Cluster-Id", to_hex(engine_.cluster_id().value));
  exchange.reply_json(200, peer_members_json(engine_));
}

}  // namespace viaduct::v2
