#include "v2/members.h"

#include <rapidjson/document.h>
#include <rapidjson/error/error.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "base/json_text.h"
#include "base/log.h"
#include "viaduct/command.pb.h"

namespace viaduct::v2 {
namespace {

constexpr std::string_view kRoute = "/v2/members";

void append_member(std::string& to, const v3bridge::Member& member) {
  to += "{\"id\":\"" + to_hex(member.id.value) + "\",\"name\":";
  append_json_string(to, member.name);
  to += ",\"peerURLs\":";
  append_json_list(to, member.peer_urls);
  to += ",\"clientURLs\":";
  append_json_list(to, member.client_urls);
  to += '}';
}

std::string_view id_text(const Exchange& exchange) {
  std::string_view rest(exchange.path);
  rest.remove_prefix(std::min(rest.size(), kRoute.size() + 1));
  return rest;
}

std::optional<uint64_t> parse_hex(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, 16);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  return number;
}

// With parameters the type is trimmed and lower-cased, without them it is compared as it stands, as etcd does.
bool is_json_type(std::string_view type) {
  const size_t semicolon = type.find(';');
  if (semicolon == std::string_view::npos) return type == "application/json";
  std::string bare(type.substr(0, semicolon));
  bare.erase(bare.find_last_not_of(" \t") + 1);
  bare.erase(0, bare.find_first_not_of(" \t"));
  return net::equals_ignoring_case(bare, "application/json");
}

bool check_content_type(Exchange& exchange) {
  const std::string type(exchange.request.find_header("Content-Type"));
  if (is_json_type(type)) return true;
  exchange.reply_message(415, "Bad Content-Type " + type + ", accept application/json");
  return false;
}

// As Go's decoder words it, for what people meet: a body cut off, or no JSON at all.
std::string parse_error_text(const std::string& body, size_t offset) {
  if (offset >= body.size()) return "unexpected end of JSON input";
  const std::string_view where = offset == 0 ? "looking for beginning of value" : "in JSON input";
  return std::string("invalid character '") + body[offset] + "' " + std::string(where);
}

// The strings of a list, whatever the case of its name.
std::vector<std::string> texts_of(const rapidjson::Document& object, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& member : object.GetObject()) {
    if (!net::equals_ignoring_case({member.name.GetString(), member.name.GetStringLength()}, name)) continue;
    if (!member.value.IsArray()) continue;
    for (const auto& text : member.value.GetArray()) {
      if (text.IsString()) texts.emplace_back(text.GetString(), text.GetStringLength());
    }
  }
  return texts;
}

}  // namespace

// A change on its way through the log.
class Members::ChangeDone final : public v3bridge::Completion {
 public:
  // `made`: what the answer shows when it is done; nothing: that it is.
  ChangeDone(Exchange&& exchange, MemberId id, std::string made)
      : Completion(*exchange.loop), exchange_(std::move(exchange)), id_(to_hex(id.value)), made_(std::move(made)) {}

  void done(v3bridge::Outcome outcome) override {
    const auto* result = std::get_if<v3bridge::V3Result>(&outcome.body);
    if (!result) return fail(std::get<v3bridge::Refusal>(outcome.body).text);
    using v3bridge::V3Error;
    switch (result->error) {
      case V3Error::kNone:
        return made_.empty() ? exchange_.reply(204, std::string()) : exchange_.reply_json(201, std::move(made_));
      case V3Error::kMemberExists:
        return exchange_.reply_message(409, "membership: ID exists");
      case V3Error::kPeerUrlExists:
        return exchange_.reply_message(409, "membership: peerURL exists");
      case V3Error::kMemberNotFound:
        return exchange_.reply_message(404, "No such member: " + id_);
      case V3Error::kMemberRemoved:
        if (exchange_.request.method() != net::Method::kDelete) return fail("membership: ID removed");
        return exchange_.reply_message(410, "Member permanently removed: " + id_);
      default:
        return fail("membership: no voter would be left");
    }
  }

 private:
  void fail(std::string_view why) {
    log::warn("membership not changed", {{"member", id_}, {"reason", why}});
    exchange_.reply_message(500, "Internal Server Error");
  }

  Exchange exchange_;
  const std::string id_;
  std::string made_;
};

void Members::serve(Exchange&& exchange) {
  exchange.headers.add("X-Etcd-Cluster-Id", to_hex(engine_.cluster_id().value));
  switch (exchange.request.method()) {
    case net::Method::kGet:
      return get(exchange);
    case net::Method::kPost:
      return add(std::move(exchange));
    default:
      return change(std::move(exchange));
  }
}

void Members::get(Exchange& exchange) {
  const std::string_view rest = id_text(exchange);
  const std::vector<v3bridge::Member> members = engine_.members();
  std::string body;
  if (rest == "leader") {
    const MemberId leader = engine_.raft_status().leader;
    const auto found = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.id == leader; });
    if (!leader || found == members.end()) return exchange.reply_message(503, "During election");
    append_member(body, *found);
    return exchange.reply_json(200, body + '\n');
  }
  if (!rest.empty()) return exchange.reply_message(404, "Not found");
  body = "{\"members\":[";
  for (const v3bridge::Member& member : members) {
    if (body.back() != '[') body += ',';
    append_member(body, member);
  }
  exchange.reply_json(200, body + "]}\n");
}

void Members::add(Exchange&& exchange) {
  if (!check_content_type(exchange)) return;
  Result<std::vector<std::string>> urls = peer_urls_in(exchange);
  if (!urls) return exchange.reply_message(400, urls.error().message);
  v3bridge::Member member;
  member.id = rules_.make_id(*urls);
  member.peer_urls = *std::move(urls);
  Command command;
  command.mutable_member_add()->set_id(member.id.value);
  command.mutable_member_add()->mutable_peer_urls()->Assign(member.peer_urls.begin(), member.peer_urls.end());
  std::string made;
  append_member(made, member);
  engine_.propose(std::move(command), std::make_unique<ChangeDone>(std::move(exchange), member.id, made + '\n'));
}

// PUT and DELETE of one member.
void Members::change(Exchange&& exchange) {
  const std::string text(id_text(exchange));
  if (text.empty()) return exchange.reply_text_error(405, "Method Not Allowed");
  const std::optional<uint64_t> id = parse_hex(text);
  if (!id) return exchange.reply_message(404, "No such member: " + text);
  Command command;
  if (exchange.request.method() == net::Method::kPut) {
    if (!check_content_type(exchange)) return;
    const Result<std::vector<std::string>> urls = peer_urls_in(exchange);
    if (!urls) return exchange.reply_message(400, urls.error().message);
    command.mutable_member_update()->set_id(*id);
    command.mutable_member_update()->mutable_peer_urls()->Assign(urls->begin(), urls->end());
  } else {
    command.mutable_member_remove()->set_id(*id);
  }
  engine_.propose(std::move(command), std::make_unique<ChangeDone>(std::move(exchange), MemberId(*id), std::string()));
}

Result<std::vector<std::string>> Members::peer_urls_in(const Exchange& exchange) const {
  rapidjson::Document document;
  const std::string& body = exchange.request.body;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError()) return Error{Code::kInvalidArgument, parse_error_text(body, document.GetErrorOffset())};
  std::vector<std::string> urls = document.IsObject() ? texts_of(document, "peerURLs") : std::vector<std::string>();
  if (urls.empty()) return Error{Code::kInvalidArgument, "no valid URLs given"};
  for (const std::string& url : urls) VIADUCT_TRY(rules_.check_url(url));
  std::sort(urls.begin(), urls.end());
  return urls;
}

}  // namespace viaduct::v2
