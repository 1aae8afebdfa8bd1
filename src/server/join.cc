#include "server/join.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <map>

#include "base/log.h"
#include "server/new_member.h"
#include "server/series.h"

namespace viaduct::server {
namespace {

constexpr std::chrono::seconds kTimeout{10};

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

// What a member says the cluster's version is; nothing if it does not say.
std::optional<uint32_t> cluster_series(const peer::HttpReply& reply) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reply.body.data(), reply.body.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const auto version = document.FindMember("etcdcluster");
  if (version == document.MemberEnd() || !version->value.IsString()) return std::nullopt;
  return series_of({version->value.GetString(), version->value.GetStringLength()});
}

std::vector<std::string> urls_of_others(const Config& config) {
  std::vector<std::string> urls;
  for (const auto& [name, url] : config.initial_cluster) {
    if (name != config.name) urls.push_back(url.text);
  }
  return urls;
}

Result<Urls> parsed(const std::vector<std::string>& texts) {
  Urls urls;
  for (const std::string& text : texts) {
    VIADUCT_TRY_ASSIGN(url, parse_url(text));
    urls.push_back(std::move(url));
  }
  return urls;
}

std::map<std::string, Urls> by_name(const InitialCluster& cluster) {
  std::map<std::string, Urls> members;
  for (const auto& [name, url] : cluster) members[name].push_back(url);
  return members;
}

// The name in --initial-cluster that has the addresses of `member`.
Result<std::string> match(const v3bridge::Member& member, const std::map<std::string, Urls>& locals,
                          const ResolveHost& resolve) {
  VIADUCT_TRY_ASSIGN(urls, parsed(member.peer_urls));
  std::string last = "<nil>";
  for (const auto& [name, local] : locals) {
    const std::optional<std::string> why = difference(urls, local, resolve);
    if (!why) return name;
    last = *why;
  }
  std::string shown;
  for (const std::string& url : member.peer_urls) shown += (shown.empty() ? "" : " ") + url;
  return invalid("PeerURLs: no match found for existing member (" + to_hex(member.id.value) + ", [" + shown +
                 "]), last resolver error (" + last + ")");
}

// Lists of the same length, address sets that pair up: then the id of `own_name`.
Result<MemberId> find_self(const RemoteCluster& cluster, const std::map<std::string, Urls>& locals,
                           const std::string& own_name, const ResolveHost& resolve) {
  if (cluster.members.size() != locals.size()) return invalid("member count is unequal");
  MemberId self;
  for (const v3bridge::Member& member : cluster.members) {
    VIADUCT_TRY_ASSIGN(name, match(member, locals, resolve));
    if (name == own_name) self = member.id;
  }
  if (!self) return invalid("PeerURLs: no match found for local member " + own_name);
  return self;
}

}  // namespace

Identity joiner(const RemoteCluster& cluster, MemberId self) {
  Identity identity{cluster.id, self, {false, cluster.members}};
  std::erase_if(identity.founding.members, [&](const v3bridge::Member& member) { return member.id == self; });
  return identity;
}

Result<void> check_versions(const RemoteCluster& cluster, const std::string& own_version, const Ask& ask) {
  const std::optional<uint32_t> own = series_of(own_version);
  peer::HttpRequest request;
  request.target = "/version";
  bool known = false;
  for (const v3bridge::Member& member : cluster.members) {
    for (const std::string& url : member.peer_urls) {
      const peer::HttpReply reply = ask(url, request);
      if (!reply.ok()) continue;
      if (!reply.find_header("Server").starts_with("viaduct/")) {
        return invalid("incompatible with current running cluster (" + url + " is no viaduct)");
      }
      const std::optional<uint32_t> theirs = cluster_series(reply);
      if (!theirs) continue;
      if (!own || *own < *theirs) {
        log::warn("the running cluster version is higher than the maximum cluster version supported",
                  {{"url", url}, {"supported", own_version}});
        return invalid("incompatible with current running cluster");
      }
      known = true;
      break;
    }
  }
  if (!known) return invalid("incompatible with current running cluster");
  return {};
}

Result<Identity> join_cluster(const Config& config, const Outside& outside) {
  VIADUCT_TRY(check_joining_member(config));
  const auto cluster = ask_for_cluster(urls_of_others(config), kTimeout, true, outside.ask_member);
  if (!cluster) {
    return Error{
        Code::kUnavailable,
        "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"};
  }
  const auto self = find_self(*cluster, by_name(config.initial_cluster), config.name, outside.resolve);
  if (!self) return invalid("error validating peerURLs " + show(*cluster) + ": " + self.error().message);
  VIADUCT_TRY(check_versions(*cluster, config.advertise_etcd_version, outside.ask_member));
  return joiner(*cluster, *self);
}

}  // namespace viaduct::server
