// HTTP/1: the first byte says in what pieces the rest arrives.
#include <cstdint>

#include "net/http1_codec.h"
#include "test/fuzz/drive.h"

namespace {

struct Planner final : viaduct::net::BodyPlanner {
  viaduct::net::BodyPlan body_plan(const viaduct::net::Request& head) const override {
    return {head.raw_path().ends_with("s") ? viaduct::net::BodyPlan::Shape::kStreamed
                                           : viaduct::net::BodyPlan::Shape::kWhole,
            100};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace viaduct::net;
  if (size == 0) return 0;
  const Limits limits;
  Counters counters;
  const Planner planner;
  const std::string common_headers = "Server: s\r\n";
  const TimePoint now{};
  Http1Codec codec(CodecContext{limits, counters, planner, common_headers, now});
  const viaduct::Bytes bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  viaduct::fuzz::drive(codec, bytes, 1 + data[0], [&](IncomingRequest incoming) {
    Reply reply;
    reply.body = std::move(incoming.request.body);
    codec.reply(incoming.stream, std::move(reply));
  });
  return 0;
}
