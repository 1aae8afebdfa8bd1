#include "test/sim/scenarios/v2_sights.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using cluster_test::Violations;

constexpr auto kPatience = 2s;
constexpr int kNotFound = 404;

std::string string_of(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return "";
  return {found->value.GetString(), found->value.GetStringLength()};
}

uint64_t number_of(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() && found->value.IsUint64() ? found->value.GetUint64() : 0;
}

void collect(const rapidjson::Value& node, V2Sight& sight) {
  if (node.HasMember("value")) {
    sight.files[string_of(node, "key")] = {string_of(node, "value"), number_of(node, "createdIndex"),
                                           number_of(node, "modifiedIndex")};
  }
  const auto nodes = node.FindMember("nodes");
  if (nodes == node.MemberEnd()) return;
  std::string before;
  for (const rapidjson::Value& one : nodes->value.GetArray()) {
    const std::string key = string_of(one, "key");
    if (key <= std::exchange(before, key)) sight.is_sorted = false;
    collect(one, sight);
  }
}

uint64_t header_of(const conformance::Reply& reply, const char* name) {
  return std::strtoull(reply.header(name).c_str(), nullptr, 10);
}

std::string shown(const V2File* file) {
  if (!file) return "nothing";
  return file->value.substr(0, 100) + "@" + std::to_string(file->modified) + "(created " +
         std::to_string(file->created) + ")";
}

}  // namespace

std::optional<V2Sight> look_at(cluster_test::V2Client& client, const std::string& directory, bool linearizable) {
  const std::string query = std::string("?recursive=true&sorted=true") + (linearizable ? "&quorum=true" : "");
  const std::optional<conformance::Reply> reply = client.get("/v2/keys" + directory + query, kPatience);
  if (!reply || (reply->status != 200 && reply->status != kNotFound)) return std::nullopt;
  V2Sight sight;
  sight.directory = directory;
  sight.index = header_of(*reply, "X-Etcd-Index");
  sight.operation.position = header_of(*reply, "X-Etcd-Revision");
  if (reply->status == kNotFound) return sight;
  rapidjson::Document json;
  json.Parse(reply->body.data(), reply->body.size());
  if (json.HasParseError() || !json.IsObject() || !json.HasMember("node")) return std::nullopt;
  collect(json["node"], sight);
  return sight;
}

std::optional<V2Sight> V2Onlooker::look(const std::string& directory, bool linearizable) {
  cluster_test::Operation operation = begin(
      linearizable ? cluster_test::Action::kRead : cluster_test::Action::kLocalRead, {"v2 directory " + directory});
  std::optional<V2Sight> sight = look_at(*client_, directory, linearizable);
  if (!sight) {
    move();
    return sight;
  }
  operation.outcome = cluster_test::Outcome::kDone;
  operation.position = sight->operation.position;
  finish(operation);
  stage_.answered.add(operation);
  sight->operation = std::move(operation);
  sights_.add(*sight);
  if (chance(5)) move();
  return sight;
}

void check_v2_sight(const V2Sight& sight, const Past& past, Violations& violations) {
  const std::string where = sight.directory + " at " + std::to_string(sight.index) + ", " + describe(sight.operation);
  const uint64_t revision = past.revision_at(sight.index);
  if (revision != sight.operation.position) {
    violations.add("INV-L7", "revision " + std::to_string(revision) + " goes with the index of " + where);
  }
  if (!sight.is_sorted) violations.add("INV-L6", "v2 was asked to sort, and did not: " + where);
  std::map<std::string, V2File> wanted;
  const std::string prefix = sight.directory == "/" ? "/" : sight.directory + "/";
  for (const auto& [key, state] : past.v2_files(sight.directory, sight.index)) {
    const bool is_shown = key.starts_with(prefix) || key == sight.directory;  // which may be a file for a while
    if (is_shown) wanted[key] = {state->kv.value(), state->created_index, state->modified_index};
  }
  if (wanted == sight.files) return;
  const auto [want, got] = std::ranges::mismatch(wanted, sight.files);
  const std::string key = got == sight.files.end() ? want->first : got->first;
  const auto file = [&](const std::map<std::string, V2File>& files) {
    const auto found = files.find(key);
    return shown(found == files.end() ? nullptr : &found->second);
  };
  violations.add("INV-L6",
                 "v2 shows " + key + " as " + file(sight.files) + " instead of " + file(wanted) + " in " + where);
}

}  // namespace viaduct::sim
