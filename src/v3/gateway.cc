#include "v3/gateway.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "net/target.h"
#include "v3/gateway_headers.h"
#include "v3/gateway_replies.h"
#include "v3/live_streams.h"

namespace viaduct::v3 {
namespace {

constexpr std::string_view kPrefix = "/v3";
constexpr std::string_view kOldPrefixes[] = {"/v3beta", "/v3alpha"};
// JSON is longer than the message it stands for: a third by base64 alone, and escapes are the client's choice.
constexpr uint64_t kJsonLimitFactor = 4;

bool is_below(std::string_view path, std::string_view prefix) {
  return path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '/';
}

// "/v3beta/kv/range" -> "/v3/kv/range"
std::string with_current_prefix(std::string path) {
  for (const std::string_view old : kOldPrefixes) {
    if (is_below(path, old)) return path.replace(0, old.size(), kPrefix);
  }
  return path;
}

}  // namespace

struct Gateway::Route {
  const Method& method;
  JsonCodec codec;

  bool is_bidirectional() const { return method.kind == Method::Kind::kBidirectional; }
};

// What belongs to one loop.
struct Gateway::LoopPart {
  LoopPart(Dispatch& dispatch, net::Loop& l, std::chrono::nanoseconds election_timeout)
      : loop(l), streams(dispatch, l, election_timeout) {}

  net::Loop& loop;
  LiveStreams streams;
};

// One request whose route is known.
struct Gateway::Exchange {
  net::Request request;
  net::ReplyHandle handle;
  net::ReplyHeaders headers;
  const Route& route;
};

Gateway::Gateway(Dispatch& dispatch, const net::SiteAccess& access, net::LoopGroup& loops,
                 std::chrono::nanoseconds election_timeout)
    : dispatch_(dispatch), access_(access) {
  for (const auto& method : dispatch.methods().all()) {
    const JsonCodec codec{&types_.add(*method->request->GetDescriptor()),
                          &types_.add(*method->response->GetDescriptor())};
    for (const std::string& route : method->routes) {
      routes_.emplace(route, std::make_unique<const Route>(Route{*method, codec}));
    }
  }
  for (size_t i = 0; i < loops.size(); ++i) {
    parts_.push_back(std::make_unique<LoopPart>(dispatch, loops.loop(i), election_timeout));
  }
}

Gateway::~Gateway() = default;

bool Gateway::owns(std::string_view raw_path) {
  if (raw_path == kPrefix || is_below(raw_path, kPrefix)) return true;
  return std::any_of(std::begin(kOldPrefixes), std::end(kOldPrefixes),
                     [&](std::string_view old) { return is_below(raw_path, old); });
}

uint64_t Gateway::json_limit_bytes() const { return kJsonLimitFactor * dispatch_.message_limit_bytes(); }

net::BodyPlan Gateway::body_plan(const net::Request& head) const {
  const std::optional<std::string> path = net::decode_path(head.raw_path());
  const Route* const route = path ? find_route(with_current_prefix(*path)) : nullptr;
  const bool streamed = route && route->is_bidirectional() && head.method() == net::Method::kPost;
  using Shape = net::BodyPlan::Shape;
  return {streamed ? Shape::kStreamed : Shape::kWhole, json_limit_bytes()};
}

const Gateway::Route* Gateway::find_route(std::string_view path) const {
  if (!is_below(path, kPrefix)) return nullptr;
  const auto route = routes_.find(path.substr(kPrefix.size()));
  return route == routes_.end() ? nullptr : route->second.get();
}

void Gateway::handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  net::ReplyHeaders headers;
  if (auto answer = access_.answer(request, headers)) return loop.reply(handle, *std::move(answer));
  std::optional<std::string> path = net::decode_path(request.raw_path());
  if (!path) return loop.reply(handle, net::text_error(400, "400 Bad Request", std::move(headers)));
  path = with_current_prefix(*std::move(path));
  // ServeMux knows the prefix as a directory only.
  const std::string_view asked = *path == kPrefix ? "/v3//" : std::string_view(*path);
  const std::optional<std::string> location = net::redirect_location(asked, request.raw_query());
  if (location) return loop.reply(handle, net::moved_permanently(request.method(), *location, std::move(headers)));

  const Route* const route = find_route(*path);
  if (!route) return loop.reply(handle, net::text_error(404, "Not Found", std::move(headers)));
  if (request.method() != net::Method::kPost) {
    return loop.reply(handle, net::text_error(405, "Method Not Allowed", std::move(headers)));
  }
  serve({std::move(request), handle, std::move(headers), *route});
}

void Gateway::refuse(Exchange& exchange, const Status& status, Speaker speaker) {
  net::Reply reply = gateway_failure(status, speaker, dispatch_.release(), std::move(exchange.headers));
  exchange.handle.loop->reply(exchange.handle, std::move(reply));
}

void Gateway::serve(Exchange&& exchange) {
  net::Request& request = exchange.request;
  std::optional<GatewayHead> head = read_gateway_head(request);
  if (!head) {
    const std::string text(request.find_header("Grpc-Timeout"));
    return refuse(exchange, {StatusCode::kInvalidArgument, "invalid grpc-timeout: " + text}, Speaker::kWire);
  }
  const Method& method = exchange.route.method;
  std::unique_ptr<Message> message;
  if (!exchange.route.is_bidirectional()) {
    message.reset(method.request->New());
    if (const Status status = read_message(exchange, *message); !status.ok()) {
      return refuse(exchange, status, Speaker::kWire);
    }
  }
  CallCounts& counts = dispatch_.counts();
  counts.started(method.number);
  Status status = message ? check_size(*message) : Status();
  if (status.ok()) status = dispatch_.admit(head->metadata);
  if (!status.ok()) {
    counts.ended(method.number, status.code);
    return refuse(exchange, status, Speaker::kMethod);
  }
  if (method.kind != Method::Kind::kUnary)
    return open_stream(std::move(exchange), *std::move(head), std::move(message));
  counts.received(method.number);
  auto wire = std::make_unique<GatewayUnary>(exchange.route.codec, dispatch_.release(), std::move(exchange.headers));
  method.invoke(std::make_unique<UnaryCall>(dispatch_, method, exchange.handle, std::move(head->metadata),
                                            head->timeout, std::move(wire)),
                *message);
}

Status Gateway::read_message(Exchange& exchange, Message& message) const {
  if (exchange.request.body_too_large) return {StatusCode::kResourceExhausted, "http: request body too large"};
  return exchange.route.codec.read_body(std::move(exchange.request.body), message);
}

Status Gateway::check_size(const Message& message) const {
  const uint64_t bytes = message.ByteSizeLong();
  return bytes > dispatch_.message_limit_bytes() ? dispatch_.message_too_large(bytes) : Status();
}

void Gateway::open_stream(Exchange&& exchange, GatewayHead&& head, std::unique_ptr<Message> only_message) {
  auto wire = std::make_unique<ChunkedJson>(exchange.handle, exchange.route.codec, dispatch_.release(),
                                            std::move(exchange.headers), json_limit_bytes());
  part_of(*exchange.handle.loop)
      .streams.open({exchange.route.method, exchange.handle, std::move(head.metadata), head.timeout, std::move(wire),
                     std::move(only_message)});
}

Gateway::LoopPart& Gateway::part_of(const net::Loop& loop) const {
  const auto part = std::find_if(parts_.begin(), parts_.end(), [&](const auto& p) { return &p->loop == &loop; });
  return **part;  // requests come from the loops this was made with
}

}  // namespace viaduct::v3
