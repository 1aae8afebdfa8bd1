#include "v3/gateway.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "net/target.h"
#include "net/websocket.h"
#include "v3/gateway_headers.h"
#include "v3/gateway_mode.h"
#include "v3/gateway_query.h"
#include "v3/gateway_replies.h"
#include "v3/live_streams.h"
#include "v3/server_sent_events.h"
#include "v3/websocket_stream.h"

namespace viaduct::v3 {
namespace {

constexpr std::string_view kPrefix = "/v3";
constexpr std::string_view kOldPrefixes[] = {"/v3beta", "/v3alpha"};
// JSON is longer than the message it stands for: a third by base64 alone, and escapes are the client's choice.
constexpr uint64_t kJsonLimitFactor = 4;
// What is shorter was over before the call could begin, as anything negative was.
constexpr std::chrono::nanoseconds kShortestTimeout = std::chrono::microseconds(1);

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
  const Method& method;
  JsonCodec codec;
  GatewayMode mode;
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
  using Shape = net::BodyPlan::Shape;
  const std::optional<std::string> path = net::decode_path(head.raw_path());
  const Route* const route = path ? find_route(with_current_prefix(*path)) : nullptr;
  if (!route) return {Shape::kWhole, json_limit_bytes()};
  const GatewayMode::Ask ask = gateway_mode(head, route->method).ask;
  const bool streamed = ask == GatewayMode::Ask::kWebSocket ||
                        (ask == GatewayMode::Ask::kPost && route->method.kind == Method::Kind::kBidirectional);
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
  const GatewayMode mode = gateway_mode(request, route->method);
  if (mode.ask == GatewayMode::Ask::kRefused) {
    return loop.reply(handle, net::text_error(405, "Method Not Allowed", std::move(headers)));
  }
  if (mode.ask == GatewayMode::Ask::kWebSocket && !net::websocket_accept(request)) {
    headers.add("Sec-WebSocket-Version", "13");
    return loop.reply(handle, net::text_error(400, "Bad Request", std::move(headers)));
  }
  JsonCodec codec = route->codec;
  codec.bytes_as = mode.bytes_as;
  serve({std::move(request), handle, std::move(headers), route->method, codec, mode});
}

void Gateway::refuse(Exchange& exchange, const Status& status, Speaker speaker) {
  net::Reply reply = gateway_failure(status, speaker, dispatch_.release(), std::move(exchange.headers));
  exchange.handle.loop->reply(exchange.handle, std::move(reply));
}

void Gateway::serve(Exchange&& exchange) {
  std::optional<GatewayHead> head =
      read_gateway_head(exchange.request, exchange.mode.ask == GatewayMode::Ask::kWebSocket);
  if (!head) {
    const std::string text(exchange.request.find_header("Grpc-Timeout"));
    return refuse(exchange, {StatusCode::kInvalidArgument, "invalid grpc-timeout: " + text}, Speaker::kWire);
  }
  std::unique_ptr<Message> message;
  if (comes_whole(exchange)) {
    message.reset(exchange.method.request->New());
    if (const Status status = read_message(exchange, *message); !status.ok()) {
      return refuse(exchange, status, Speaker::kWire);
    }
  }
  begin(std::move(exchange), *std::move(head), std::move(message));
}

// `message` is null when the messages come over time.
void Gateway::begin(Exchange&& exchange, GatewayHead&& head, std::unique_ptr<Message> message) {
  const Method& method = exchange.method;
  CallCounts& counts = dispatch_.counts();
  counts.started(method.number);
  Status status = message ? check_size(*message) : Status();
  if (status.ok()) status = dispatch_.admit(method, message.get(), head.metadata);
  const bool too_late = head.timeout && *head.timeout < kShortestTimeout;
  if (too_late) status = gateway_deadline_exceeded();
  if (!status.ok()) {
    counts.ended(method.number, status.code);
    if (too_late) return refuse(exchange, status, Speaker::kWire);
    // A stream that is over before its first message still ends as streams do.
    const bool chunked = exchange.mode.ask == GatewayMode::Ask::kPost && !exchange.mode.as_events;
    if (chunked && method.kind != Method::Kind::kUnary) {
      return make_wire(exchange, message.get())->finish(status, Speaker::kMethod);
    }
    return refuse(exchange, status, Speaker::kMethod);
  }
  if (method.kind != Method::Kind::kUnary || !message) {
    return open_stream(std::move(exchange), std::move(head), std::move(message));
  }
  counts.received(method.number);
  auto wire = std::make_unique<GatewayUnary>(exchange.codec, dispatch_.release(), std::move(exchange.headers));
  method.invoke(std::make_unique<UnaryCall>(dispatch_, method, exchange.handle, std::move(head.metadata), head.timeout,
                                            std::move(wire)),
                *message);
}

// Then there is one message, and it is there with the request.
bool Gateway::comes_whole(const Exchange& exchange) {
  if (exchange.mode.ask == GatewayMode::Ask::kGet) return true;
  return exchange.mode.ask == GatewayMode::Ask::kPost && exchange.method.kind != Method::Kind::kBidirectional;
}

Status Gateway::read_message(Exchange& exchange, Message& message) const {
  net::Request& request = exchange.request;
  if (request.body_too_large) return {StatusCode::kResourceExhausted, "http: request body too large"};
  if (exchange.mode.ask == GatewayMode::Ask::kPost) return exchange.codec.read_body(std::move(request.body), message);
  net::Form query;
  auto read = query.parse(request.raw_query());
  if (read) read = read_query(query, request.find_header("Last-Event-ID"), exchange.method, exchange.codec, message);
  return read ? Status() : Status{StatusCode::kInvalidArgument, std::move(read).error().message};
}

Status Gateway::check_size(const Message& message) const {
  const uint64_t bytes = message.ByteSizeLong();
  return bytes > dispatch_.message_limit_bytes() ? dispatch_.message_too_large(bytes) : Status();
}

std::unique_ptr<StreamWire> Gateway::make_wire(Exchange& exchange, const Message* only_message) const {
  const Release& release = dispatch_.release();
  const Method& method = exchange.method;
  if (exchange.mode.ask == GatewayMode::Ask::kWebSocket) {
    return std::make_unique<WebSocketStream>(exchange.handle, exchange.codec, method.kind, release,
                                             websocket_headers(exchange.request), json_limit_bytes());
  }
  if (exchange.mode.as_events) {
    return std::make_unique<ServerSentEvents>(exchange.handle, exchange.codec, release, std::move(exchange.headers),
                                              json_limit_bytes(), method, only_message);
  }
  return std::make_unique<ChunkedJson>(exchange.handle, exchange.codec, release, std::move(exchange.headers),
                                       json_limit_bytes());
}

void Gateway::open_stream(Exchange&& exchange, GatewayHead&& head, std::unique_ptr<Message> only_message) {
  std::unique_ptr<StreamWire> wire = make_wire(exchange, only_message.get());
  part_of(*exchange.handle.loop)
      .streams.open({exchange.method, exchange.handle, std::move(head.metadata), head.timeout, std::move(wire),
                     std::move(only_message)});
}

Gateway::LoopPart& Gateway::part_of(const net::Loop& loop) const {
  const auto part = std::find_if(parts_.begin(), parts_.end(), [&](const auto& p) { return &p->loop == &loop; });
  return **part;  // requests come from the loops this was made with
}

}  // namespace viaduct::v3
