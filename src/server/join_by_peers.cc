#include "server/join_by_peers.h"

#include <optional>

#include "base/json_text.h"
#include "base/log.h"
#include "server/join.h"
#include "server/remote_cluster.h"

namespace viaduct::server {
namespace {

constexpr std::chrono::seconds kTimeout{10};

std::vector<std::string> texts_of(const Urls& urls) {
  std::vector<std::string> texts;
  for (const Url& url : urls) texts.push_back(url.text);
  return texts;
}

// The member that has the addresses of this one.
const v3bridge::Member* find_self(const RemoteCluster& cluster, const Config& config, const ResolveHost& resolve) {
  for (const v3bridge::Member& member : cluster.members) {
    Urls urls;
    for (const std::string& text : member.peer_urls) {
      if (auto url = parse_url(text)) urls.push_back(*std::move(url));
    }
    if (!difference(urls, config.initial_advertise_peer_urls, resolve)) return &member;
  }
  return nullptr;
}

// By the first member that answers at all.
Result<void> ask_to_be_added(const RemoteCluster& cluster, const Config& config, const Ask& ask) {
  peer::HttpRequest request;
  request.method = "POST";
  request.target = "/v2/members";
  request.content_type = "application/json";
  request.answer_timeout = kTimeout;
  request.body = "{\"peerURLs\":";
  append_json_list(request.body, texts_of(config.initial_advertise_peer_urls));
  request.body += '}';
  std::string why = "no member says where clients reach it";
  for (const v3bridge::Member& member : cluster.members) {
    for (const std::string& url : member.client_urls) {
      const peer::HttpReply reply = ask(url, request);
      if (reply.ok() && reply.status == 201) return {};
      if (reply.ok())
        return Error{Code::kUnavailable, url + " answered " + std::to_string(reply.status) + " " + reply.body};
      why = url + ": " + reply.failure.message;
    }
  }
  return Error{Code::kUnavailable, why};
}

Result<RemoteCluster> ask_peers(const Config& config, const Outside& outside) {
  auto cluster = ask_for_cluster(config.join_peers, kTimeout, true, outside.ask_member);
  if (!cluster) return Error{Code::kUnavailable, "none of -peers answers"};
  return *std::move(cluster);
}

Result<Identity> try_to_join(const Config& config, const Outside& outside) {
  VIADUCT_TRY_ASSIGN(cluster, ask_peers(config, outside));
  VIADUCT_TRY(check_versions(cluster, config.advertise_etcd_version, outside.ask_member));
  const v3bridge::Member* self = find_self(cluster, config, outside.resolve);
  if (!self) {
    VIADUCT_TRY(ask_to_be_added(cluster, config, outside.ask_member));
    VIADUCT_TRY_ASSIGN(grown, ask_peers(config, outside));
    cluster = std::move(grown);
    self = find_self(cluster, config, outside.resolve);
  }
  if (!self) return Error{Code::kUnavailable, "the members that were asked do not know of this one yet"};
  if (!self->client_urls.empty()) {
    return Error{Code::kInvalidArgument, "member " + to_hex(self->id.value) + " has already been bootstrapped"};
  }
  return joiner(cluster, self->id);
}

}  // namespace

Result<Identity> join_by_peers(const Config& config, const Outside& outside) {
  for (uint32_t attempt = 1;; ++attempt) {
    auto identity = try_to_join(config, outside);
    if (identity || identity.error().code != Code::kUnavailable) return identity;
    const std::string& why = identity.error().message;
    if (attempt == config.join_attempts) {
      return Error{Code::kUnavailable,
                   "cannot join the cluster by -peers after " + std::to_string(attempt) + " attempts: " + why};
    }
    log::warn("cannot join the cluster by -peers yet; trying again", {{"error", why}});
    outside.pause(config.join_retry_interval);
  }
}

}  // namespace viaduct::server
