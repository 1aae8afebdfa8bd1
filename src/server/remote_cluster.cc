#include "server/remote_cluster.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

std::vector<std::string> texts_of(const rapidjson::Value& object, const char* name) {
  std::vector<std::string> texts;
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsArray()) return texts;
  for (const auto& text : found->value.GetArray()) {
    if (text.IsString()) texts.emplace_back(text.GetString(), text.GetStringLength());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::optional<v3bridge::Member> member_of(const rapidjson::Value& object) {
  if (!object.IsObject()) return std::nullopt;
  const auto id = object.FindMember("id");
  if (id == object.MemberEnd() || !id->value.IsUint64() || id->value.GetUint64() == 0) return std::nullopt;
  v3bridge::Member member;
  member.id = MemberId(id->value.GetUint64());
  member.peer_urls = texts_of(object, "peerURLs");
  member.client_urls = texts_of(object, "clientURLs");
  if (const auto name = object.FindMember("name"); name != object.MemberEnd() && name->value.IsString()) {
    member.name.assign(name->value.GetString(), name->value.GetStringLength());
  }
  if (const auto learner = object.FindMember("isLearner"); learner != object.MemberEnd() && learner->value.IsBool()) {
    member.is_learner = learner->value.GetBool();
  }
  return member;
}

std::string show(const std::vector<std::string>& texts) {
  std::string shown;
  for (const std::string& text : texts) shown += (shown.empty() ? "" : " ") + text;
  return "[" + shown + "]";
}

}  // namespace

Result<RemoteCluster> parse_cluster(const peer::HttpReply& reply) {
  if (reply.status != 200) return invalid("status " + std::to_string(reply.status));
  RemoteCluster cluster;
  const std::string_view id = reply.find_header("X-Etcd-Cluster-ID");
  const auto [end, status] = std::from_chars(id.data(), id.data() + id.size(), cluster.id.value, 16);
  if (status != std::errc() || end != id.data() + id.size()) {
    return invalid("could not parse the cluster ID from cluster res");
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reply.body.data(), reply.body.size());
  if (document.HasParseError() || !document.IsArray()) return invalid("could not unmarshal cluster response");
  for (const auto& object : document.GetArray()) {
    std::optional<v3bridge::Member> member = member_of(object);
    if (!member) return invalid("could not unmarshal cluster response");
    cluster.members.push_back(*std::move(member));
  }
  std::sort(cluster.members.begin(), cluster.members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return cluster;
}

std::optional<RemoteCluster> ask_for_cluster(const std::vector<std::string>& urls, std::chrono::milliseconds timeout,
                                             bool audible, const Ask& ask) {
  peer::HttpRequest request;
  request.target = "/members";
  request.answer_timeout = timeout;
  for (const std::string& url : urls) {
    const peer::HttpReply reply = ask(url, request);
    const Result<RemoteCluster> cluster =
        reply.ok() ? parse_cluster(reply) : Result<RemoteCluster>(invalid(reply.failure.message));
    if (cluster && !cluster->members.empty()) return *cluster;
    const std::string why = cluster ? "it has no members" : cluster.error().message;
    if (audible) log::warn("could not get cluster response from " + url + ": " + why);
  }
  return std::nullopt;
}

std::string show(const RemoteCluster& cluster) {
  std::string members;
  for (const v3bridge::Member& member : cluster.members) {
    members += (members.empty() ? "&{ID:" : " &{ID:") + to_hex(member.id.value) +
               " RaftAttributes:{PeerURLs:" + show(member.peer_urls) +
               " IsLearner:" + (member.is_learner ? "true" : "false") + "} Attributes:{Name:" + member.name +
               " ClientURLs:" + show(member.client_urls) + "}}";
  }
  return "{ClusterID:" + to_hex(cluster.id.value) + " Members:[" + members + "] RemovedMemberIDs:[]}";
}

}  // namespace viaduct::server
