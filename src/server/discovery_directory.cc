#include "server/discovery_directory.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

#include "net/percent.h"
#include "server/flags_text.h"

namespace viaduct::server {
namespace {

using rapidjson::Document;
using rapidjson::Value;

constexpr std::chrono::minutes kWatchTimeout{5};
constexpr uint64_t kNodeExists = 105;
constexpr uint64_t kEventIndexCleared = 401;

std::string text_of(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return "";
  return {found->value.GetString(), found->value.GetStringLength()};
}

uint64_t number_of(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() && found->value.IsUint64() ? found->value.GetUint64() : 0;
}

std::string last_part(const std::string& key) { return key.substr(key.rfind('/') + 1); }

Error bad_endpoint() { return {Code::kInvalidArgument, "discovery: bad discovery endpoint"}; }

// The service's own words, as etcd's client repeats them.
Error refusal(const Value& body) {
  const uint64_t code = number_of(body, "errorCode");
  return {code == kNodeExists          ? Code::kAlreadyExists
          : code == kEventIndexCleared ? Code::kCompacted
                                       : Code::kInvalidArgument,
          std::to_string(code) + ": " + text_of(body, "message") + " (" + text_of(body, "cause") + ") [" +
              std::to_string(number_of(body, "index")) + "]"};
}

// The node of a good answer, for which `read` is called with it and the whole reply.
template <typename T, typename Read>
DiscoveryDirectory::Answer<T> answer_of(const peer::HttpReply& reply, const Read& read) {
  if (!reply.ok()) return DiscoveryDirectory::Unreachable{reply.failure.message};
  if (reply.status >= 500) return DiscoveryDirectory::Unreachable{"status " + std::to_string(reply.status)};
  Document body;
  body.Parse<rapidjson::kParseIterativeFlag>(reply.body.data(), reply.body.size());
  if (body.HasParseError() || !body.IsObject()) return bad_endpoint();
  if (reply.status != 200 && reply.status != 201) {
    return body.HasMember("errorCode") ? refusal(body) : bad_endpoint();
  }
  const auto node = body.FindMember("node");
  if (node == body.MemberEnd() || !node->value.IsObject()) return bad_endpoint();
  return read(node->value);
}

peer::HttpRequest get(std::string target) {
  peer::HttpRequest request;
  request.target = std::move(target);
  return request;
}

uint64_t etcd_index(const peer::HttpReply& reply) {
  const std::string_view text = reply.find_header("X-Etcd-Index");
  uint64_t index = 0;
  std::from_chars(text.data(), text.data() + text.size(), index);
  return index;
}

}  // namespace

DiscoveryDirectory::Answer<uint64_t> DiscoveryDirectory::size() const {
  const peer::HttpReply reply = ask_(url_, get("/_config/size?quorum=false&recursive=false&sorted=false"));
  return answer_of<uint64_t>(reply, [](const Value& node) -> Answer<uint64_t> {
    const Result<uint64_t> size = parse_unsigned(text_of(node, "value"));
    if (!size || *size == 0) return Error{Code::kInvalidArgument, "discovery: size key is bad"};
    return *size;
  });
}

DiscoveryDirectory::Answer<Registrations> DiscoveryDirectory::list() const {
  const peer::HttpReply reply = ask_(url_, get("?quorum=false&recursive=false&sorted=false"));
  return answer_of<Registrations>(reply, [&](const Value& node) -> Answer<Registrations> {
    Registrations found;
    found.index = etcd_index(reply);
    const auto nodes = node.FindMember("nodes");
    if (nodes == node.MemberEnd() || !nodes->value.IsArray()) return found;
    for (const Value& child : nodes->value.GetArray()) {
      if (!child.IsObject()) return bad_endpoint();
      const std::string id = last_part(text_of(child, "key"));
      if (id != "_config") found.members.push_back({id, text_of(child, "value"), number_of(child, "createdIndex")});
    }
    std::sort(found.members.begin(), found.members.end(),
              [](const Registration& a, const Registration& b) { return a.created_index < b.created_index; });
    return found;
  });
}

DiscoveryDirectory::Answer<DiscoveryDirectory::Done> DiscoveryDirectory::add(const std::string& id,
                                                                             const std::string& value) const {
  peer::HttpRequest request;
  request.method = "PUT";
  request.target = "/" + id + "?prevExist=false";
  request.content_type = "application/x-www-form-urlencoded";
  request.body = "value=" + net::percent_encode(value);
  return answer_of<Done>(ask_(url_, request), [](const Value&) -> Answer<Done> { return Done{}; });
}

DiscoveryDirectory::Answer<DiscoveryDirectory::Done> DiscoveryDirectory::wait_behind(uint64_t index) const {
  peer::HttpRequest request = get("?recursive=true&wait=true&waitIndex=" + std::to_string(index + 1));
  request.answer_timeout = kWatchTimeout;
  const peer::HttpReply reply = ask_(url_, request);
  if (reply.failure.kind == peer::DialFailure::Kind::kTimedOut) return Done{};
  Answer<Done> answer = answer_of<Done>(reply, [](const Value&) -> Answer<Done> { return Done{}; });
  const Error* const error = std::get_if<Error>(&answer);
  if (error && error->code == Code::kCompacted) return Done{};  // the list says what has happened since
  return answer;
}

}  // namespace viaduct::server
