#include "server/new_member.h"

#include <algorithm>
#include <map>
#include <set>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

// Of one list what the other does not have, letter by letter.
Urls without(const Urls& urls, const Urls& others) {
  Urls rest;
  std::copy_if(urls.begin(), urls.end(), std::back_inserter(rest),
               [&](const Url& url) { return std::find(others.begin(), others.end(), url) == others.end(); });
  return rest;
}

Result<void> check_advertised(const Config& config, const ResolveHost& resolve) {
  const Urls& advertised = config.initial_advertise_peer_urls;
  const Urls own = urls_of(config.initial_cluster, config.name);
  const std::optional<std::string> why = difference(advertised, own, resolve);
  if (!why) return {};
  const auto shown = [&](const Urls& urls) {
    std::string text;
    for (const Url& url : urls) text += (text.empty() ? "" : ",") + config.name + "=" + url.text;
    return text;
  };
  if (const Urls missing = without(own, advertised); !missing.empty()) {
    return invalid("--initial-cluster has " + shown(missing) +
                   " but missing from --initial-advertise-peer-urls=" + join_urls(advertised) + " (" + *why + ")");
  }
  if (const Urls missing = without(advertised, own); !missing.empty()) {
    return invalid("--initial-advertise-peer-urls has " + join_urls(missing) +
                   " but missing from --initial-cluster=" + shown(advertised));
  }
  return invalid("failed to resolve " + join_urls(advertised) + " to match --initial-cluster=" + shown(advertised) +
                 " (" + *why + ")");
}

Result<void> check_local_name(const Config& config) {
  if (!urls_of(config.initial_cluster, config.name).empty()) return {};
  return invalid("couldn't find local name " + quote(config.name) + " in the initial cluster configuration");
}

Result<void> check_distinct_urls(const Config& config) {
  std::set<std::string> seen;
  for (const auto& [name, url] : config.initial_cluster) {
    if (!seen.insert(url.text).second) {
      return invalid("initial cluster " + initial_cluster_text(config.initial_cluster) + " has duplicate url");
    }
  }
  return {};
}

}  // namespace

std::string initial_cluster_text(const InitialCluster& cluster) {
  std::string text;
  for (const auto& [name, url] : cluster) text += (text.empty() ? "" : ",") + name + "=" + url.text;
  return text;
}

Urls urls_of(const InitialCluster& cluster, const std::string& name) {
  Urls urls;
  for (const auto& [member, url] : cluster) {
    if (member == name) urls.push_back(url);
  }
  return urls;
}

Result<void> check_new_member(const Config& config, const ResolveHost& resolve) {
  VIADUCT_TRY(check_local_name(config));
  VIADUCT_TRY(check_advertised(config, resolve));
  return check_distinct_urls(config);
}

Result<void> check_joining_member(const Config& config) {
  VIADUCT_TRY(check_local_name(config));
  return check_distinct_urls(config);
}

Result<Identity> founder(const InitialCluster& cluster, const std::string& name, const std::string& token) {
  std::map<std::string, std::vector<std::string>> urls;
  for (const auto& [member, url] : cluster) urls[member].push_back(url.text);
  std::map<MemberId, v3bridge::Member> members;
  Identity self;
  std::vector<MemberId> ids;
  for (auto& [member, texts] : urls) {
    std::sort(texts.begin(), texts.end());
    const MemberId id = derive_member_id(texts, token);
    if (!id) return invalid("cannot use 0 as member id");
    if (!members.emplace(id, v3bridge::Member{id, member, texts, {}}).second) {
      return invalid("member exists with identical ID " + to_hex(id.value));
    }
    if (member == name) self.member = id;
    ids.push_back(id);
  }
  self.cluster = derive_cluster_id(ids);
  for (auto& [id, member] : members) self.founding.members.push_back(std::move(member));
  return self;
}

}  // namespace viaduct::server
