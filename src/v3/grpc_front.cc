#include "v3/grpc_front.h"

#include <algorithm>
#include <optional>
#include <string>

#include "v3/grpc_headers.h"
#include "v3/grpc_message.h"
#include "v3/grpc_streams.h"
#include "v3/grpc_unary.h"

namespace viaduct::v3 {
namespace {

// RFC 9113, section 7.
constexpr uint32_t kProtocolError = 1;

}  // namespace

// What belongs to one loop.
struct GrpcFront::LoopPart {
  LoopPart(Dispatch& dispatch, net::Loop& l, std::chrono::nanoseconds election_timeout)
      : loop(l), streams(dispatch, l, election_timeout) {
    for (const auto& method : dispatch.methods().all()) {
      const bool unary = method->kind == Method::Kind::kUnary;
      requests.emplace_back(unary ? method->request->New() : nullptr);
    }
  }

  net::Loop& loop;
  GrpcStreams streams;
  std::vector<std::unique_ptr<Message>> requests;  // by method: each is read into again and again
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
  const auto refuse = [&](const Status& status) { loop.reply(handle, grpc_trailers_only(head->subtype, status)); };
  const Method* const method = dispatch_.methods().find(request.raw_path());
  if (!method) return refuse(no_method(request.raw_path()));

  CallCounts& counts = dispatch_.counts();
  counts.started(method->number);
  Status status = MessageReader::check_encoding(head->encoding);
  LoopPart& part = part_of(loop);
  Message* const message = part.requests[method->number].get();
  if (message && status.ok()) {
    const MessageReader reader(dispatch_, CallShape::kUnary, !head->encoding.empty());
    status = reader.read_only(request.body, *message);
    if (status.ok()) counts.received(method->number);
  }
  if (status.ok()) status = dispatch_.admit(head->metadata);
  if (!status.ok()) {
    counts.ended(method->number, status.code);
    return refuse(status);
  }
  if (!message) return part.streams.open(*method, handle, *std::move(head), request.body);
  method->invoke(std::make_unique<GrpcUnary>(dispatch_, *method, handle, *std::move(head)), *message);
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
