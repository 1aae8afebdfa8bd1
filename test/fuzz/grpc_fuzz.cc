// HTTP/2 and gRPC on it: the first byte says in what pieces the rest arrives, behind the client's preface.
#include <cstdint>

#include "etcdserverpb/rpc.pb.h"
#include "net/http2_codec.h"
#include "test/fuzz/drive.h"
#include "test/v3/no_engine.h"
#include "v3/dispatch.h"
#include "v3/grpc_message.h"
#include "v3/method.h"

namespace {

using namespace viaduct;

constexpr Bytes kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Planner final : net::BodyPlanner {
  net::BodyPlan body_plan(const net::Request& head) const override {
    if (head.raw_path().ends_with("/Watch")) return {net::BodyPlan::Shape::kStreamed, 0};
    if (head.raw_path().ends_with("/Put")) return {net::BodyPlan::Shape::kOneMessage, 1000};
    return {net::BodyPlan::Shape::kWhole, 1000};
  }
};

// What a service would do with a body, whichever way it came.
std::string answer_to(const v3::Dispatch& dispatch, Bytes body) {
  const bool gzip = v3::MessageReader::check_encoding("gzip").ok();
  etcdserverpb::PutRequest put;
  std::string said = v3::MessageReader(dispatch, v3::CallShape::kUnary, gzip).read_only(body, put).message;
  v3::MessageReader reader(dispatch, v3::CallShape::kStream, gzip);
  reader.add(body);
  etcdserverpb::WatchRequest watch;
  for (v3::Status status; reader.next(watch, status) && status.ok();) said += v3::frame_of(watch);
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const v3::Methods methods;
  static const v3::NoEngine engine;
  static const v3::Dispatch dispatch(methods, engine, v3::Release("3.5.21"), 1000);
  if (size == 0) return 0;
  const net::Limits limits;
  net::Counters counters;
  const Planner planner;
  const std::string common_headers = "Server: s\r\n";
  const net::TimePoint now{};
  net::Http2Codec codec(net::CodecContext{limits, counters, planner, common_headers, now});
  const std::string bytes = std::string(kPreface).append(reinterpret_cast<const char*>(data + 1), size - 1);
  fuzz::drive(codec, bytes, 1 + data[0], [&](net::IncomingRequest incoming) {
    net::Reply reply;
    reply.bare = incoming.request.has_header("te");
    reply.body = answer_to(dispatch, incoming.request.body);
    reply.trailers.add("grpc-status", uint64_t{0});
    codec.reply(incoming.stream, std::move(reply));
  });
  return 0;
}
