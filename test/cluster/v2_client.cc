#include "test/cluster/v2_client.h"

#include <rapidjson/document.h>

#include <cstdlib>

namespace viaduct::cluster_test {
namespace {

using conformance::Connection;
using conformance::Deadline;
using conformance::in;
using conformance::Reply;
using conformance::ReplyParser;

std::string host(int port) { return "Host: 127.0.0.1:" + std::to_string(port) + "\r\n"; }

uint64_t number(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() && found->value.IsUint64() ? found->value.GetUint64() : 0;
}

std::optional<std::string> text(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return std::nullopt;
  return std::string(found->value.GetString(), found->value.GetStringLength());
}

std::optional<V2Node> node(const rapidjson::Value& json, const char* name) {
  const auto found = json.FindMember(name);
  if (found == json.MemberEnd() || !found->value.IsObject()) return std::nullopt;
  const rapidjson::Value& one = found->value;
  V2Node result;
  result.key = text(one, "key").value_or("");
  result.value = text(one, "value");
  result.modified = number(one, "modifiedIndex");
  result.created = number(one, "createdIndex");
  result.dir = one.HasMember("dir");
  result.expiration = text(one, "expiration").value_or("");
  if (const auto ttl = one.FindMember("ttl"); ttl != one.MemberEnd() && ttl->value.IsInt64())
    result.ttl = ttl->value.GetInt64();
  return result;
}

V2Answer answer_with(const Reply& reply) {
  V2Answer answer;
  answer.kind = V2Answer::Kind::kAnswer;
  answer.status = reply.status;
  answer.index = std::strtoull(reply.header("X-Etcd-Index").c_str(), nullptr, 10);
  answer.revision = std::strtoull(reply.header("X-Etcd-Revision").c_str(), nullptr, 10);
  return answer;
}

// False when it is not whole JSON.
bool read_body(const std::string& body, V2Answer& answer) {
  rapidjson::Document json;
  json.Parse(body.data(), body.size());
  if (json.HasParseError() || !json.IsObject()) return false;
  answer.error_code = static_cast<int>(number(json, "errorCode"));
  answer.action = text(json, "action").value_or("");
  answer.cause = text(json, "cause").value_or("");
  answer.node = node(json, "node");
  answer.previous = node(json, "prevNode");
  return true;
}

}  // namespace

bool V2Client::connect() {
  if (open_ && open_->connected() && !open_->closed()) return true;
  open_ = std::make_unique<Connection>(port_);
  ++connection_;
  return open_->connected();
}

std::optional<Reply> V2Client::exchange(const std::string& head, const std::string& body,
                                        std::chrono::milliseconds time) {
  const Deadline deadline = in(time);
  std::string length = body.empty() ? "" : "Content-Type: application/x-www-form-urlencoded\r\n";
  if (!head.starts_with("GET ")) length += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  open_->send(head + " HTTP/1.1\r\n" + host(port_) + length + "\r\n" + body, deadline);
  ReplyParser parser;
  const bool whole = open_->receive(
      parser, [&] { return parser.complete(); }, deadline);
  if (whole && parser.reply().header("Connection") != "close") return parser.reply();
  open_.reset();
  return whole ? std::optional(parser.reply()) : std::nullopt;
}

V2Answer V2Client::call(const std::string& method, const std::string& target, const std::optional<std::string>& form,
                        std::chrono::milliseconds time) {
  V2Answer answer;
  if (!connect()) {
    answer.kind = V2Answer::Kind::kNotSent;
    return answer;
  }
  const std::optional<Reply> reply = exchange(method + " /v2/keys" + target, form.value_or(""), time);
  if (!reply) return answer;
  V2Answer whole = answer_with(*reply);
  return read_body(reply->body, whole) ? whole : answer;
}

std::optional<Reply> V2Client::get(const std::string& path, std::chrono::milliseconds time) {
  if (!connect()) return std::nullopt;
  return exchange("GET " + path, "", time);
}

V2Stream::V2Stream(int port, const std::string& target) : connection_(port) {
  using namespace std::chrono_literals;
  connection_.send("GET /v2/keys" + target + " HTTP/1.1\r\n" + host(port) + "\r\n", in(1s));
}

std::optional<V2Answer> V2Stream::head() const {
  if (!parser_.has_head()) return std::nullopt;
  return answer_with(parser_.reply());
}

std::optional<V2Answer> V2Stream::next(std::chrono::milliseconds time) {
  std::string line;
  const auto has_line = [&] { return !(line = parser_.take_line()).empty(); };
  if (!connection_.receive(parser_, has_line, in(time))) return std::nullopt;
  V2Answer answer = answer_with(parser_.reply());
  return read_body(line, answer) ? std::optional(answer) : std::nullopt;
}

bool V2Stream::ended() const {
  return connection_.closed() || !connection_.connected() || parser_.complete() || parser_.broken();
}

}  // namespace viaduct::cluster_test
