#include "v3/grpc_front.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "v3/grpc_headers.h"
#include "v3/grpc_message.h"
#include "v3/grpc_wire.h"
#include "v3/live_streams.h"
#include "v3/unary_call.h"

namespace viaduct::v3 {
namespace {

// RFC 9113, section 7.
constexpr uint32_t kProtocolError = 1;

}  // namespace

// What belongs to one loop.
struct GrpcFront::LoopPart {
  LoopPart(Dispatch& dispatch, net::Loop& l, std::chrono::nanoseconds election_timeout)
      : loop(l), streams(dispatch, l, election_timeout), plain(std::make_shared<GrpcUnary>(dispatch, std::string())) {
    for (const auto& method : dispatch.methods().all()) {
      const bool unary = method->kind == Method::Kind::kUnary;
      requests.emplace_back(unary ? method->request->New() : nullptr);
    }
  }

  net::Loop& loop;
  LiveStreams streams;
  const std::shared_ptr<const UnaryWire> plain;    // of application/grpc; shared by its calls
  std::vector<std::unique_ptr<Message>> requests;  // by method, of unary ones: each is read into again and again
};

GrpcFront::GrpcFront(Dispatch& dispatch, net::LoopGroup& loops, std::chrono::nanoseconds election_timeout)
    : dispatch_(dispatch) {
  for (size_t i = 0; i < loops.size(); ++i) {
    parts_.push_back(std::make_unique<LoopPart>(dispatch, loops.loop(i), election_timeout));
  }
}

GrpcFront::~GrpcFront() = default;

bool GrpcFront::owns(const net::Request& request) const {
  return has_grpc_content_type(request) || dispatch_.methods().find(request.raw_path());
}

net::BodyPlan GrpcFront::body_plan(const net::Request& head) const {
  const Method* const method = dispatch_.methods().find(head.raw_path());
  const bool one_message = method && method->kind != Method::Kind::kBidirectional;
  using Shape = net::BodyPlan::Shape;
  return {one_message ? Shape::kOneMessage : Shape::kStreamed, dispatch_.message_limit_bytes()};
}

void GrpcFront::handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  std::optional<GrpcHead> head = read_grpc_head(request);
  if (!head) return loop.reset(handle, kProtocolError);
  const Method* const method = dispatch_.methods().find(request.raw_path());
  if (!method) return loop.reply(handle, grpc_trailers_only(head->subtype, no_method(request.raw_path())));

  dispatch_.counts().started(method->number);
  Status status = MessageReader::check_encoding(head->encoding);
  if (status.ok()) {
    LoopPart& part = part_of(loop);
    status = method->kind == Method::Kind::kUnary ? call(part, *method, *head, request.body, handle)
                                                  : open(part, *method, *head, request.body, handle);
  }
  if (status.ok()) return;
  dispatch_.counts().ended(method->number, status.code);
  loop.reply(handle, grpc_trailers_only(head->subtype, status));
}

// In grpc-go's order: the message, then what every call is asked.
Status GrpcFront::call(LoopPart& part, const Method& method, GrpcHead& head, Bytes body, net::ReplyHandle handle) {
  Message& message = *part.requests[method.number];
  Status status = MessageReader(dispatch_, CallShape::kUnary, !head.encoding.empty()).read_only(body, message);
  if (!status.ok()) return status;
  dispatch_.counts().received(method.number);
  if (status = dispatch_.admit(method, &message, head.metadata); !status.ok()) return status;
  std::shared_ptr<const UnaryWire> wire =
      head.subtype.empty() ? part.plain : std::make_shared<GrpcUnary>(dispatch_, std::move(head.subtype));
  method.invoke(
      std::make_unique<UnaryCall>(dispatch_, method, handle, std::move(head.metadata), head.timeout, std::move(wire)),
      message);
  return {};
}

// For a stream the other way round.
Status GrpcFront::open(LoopPart& part, const Method& method, GrpcHead& head, Bytes body, net::ReplyHandle handle) {
  if (Status status = dispatch_.admit(method, nullptr, head.metadata); !status.ok()) return status;
  const bool gzip = !head.encoding.empty();
  std::unique_ptr<Message> message;
  if (method.kind == Method::Kind::kServerStream) {
    if (body.empty()) return {StatusCode::kUnknown, "EOF"};
    message.reset(method.request->New());
    Status status = MessageReader(dispatch_, CallShape::kStream, gzip).read_only(body, *message);
    if (!status.ok()) return status;
  }
  auto wire = std::make_unique<GrpcStream>(dispatch_, handle, std::move(head.subtype), gzip);
  part.streams.open({method, handle, std::move(head.metadata), head.timeout, std::move(wire), std::move(message)});
  return {};
}

Status GrpcFront::no_method(std::string_view path) const {
  const size_t slash = path.rfind('/');
  if (slash == path.npos || slash == 0) {
    return {StatusCode::kResourceExhausted, "malformed method name: \"" + std::string(path) + "\""};
  }
  const std::string service(path.substr(1, slash - 1)), name(path.substr(slash + 1));
  if (!dispatch_.methods().has_service(service)) return {StatusCode::kUnimplemented, "unknown service " + service};
  return {StatusCode::kUnimplemented, "unknown method " + name + " for service " + service};
}

GrpcFront::LoopPart& GrpcFront::part_of(const net::Loop& loop) const {
  const auto part = std::find_if(parts_.begin(), parts_.end(), [&](const auto& p) { return &p->loop == &loop; });
  return **part;  // requests come from the loops this was made with
}

}  // namespace viaduct::v3
