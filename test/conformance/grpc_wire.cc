// The v3 API over gRPC: one HTTP/2 connection for all calls of a case.
#include "test/conformance/grpc_frame.h"
#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerTime = 12s;  // beyond the 7 s after which a server gives up by itself

HeaderList headers_of(const Rpc& rpc, int port, const CallOptions& options) {
  HeaderList headers = {{":method", "POST"},
                        {":scheme", "http"},
                        {":path", rpc.path},
                        {":authority", "127.0.0.1:" + std::to_string(port)},
                        {"content-type", "application/grpc"},
                        {"te", "trailers"}};
  if (options.timeout.count() > 0) headers.emplace_back("grpc-timeout", std::to_string(options.timeout.count()) + "m");
  headers.insert(headers.end(), options.metadata.begin(), options.metadata.end());
  return headers;
}

Answer no_status(const std::string& how) { return {nullptr, kNoStatus, how, {}, {}}; }

Answer end_of(const Http2Stream& stream) {
  const auto status = trailer(stream, "grpc-status");
  if (status)
    return {nullptr, std::stoi(*status), percent_decoded(trailer(stream, "grpc-message").value_or("")), {}, {}};
  if (stream.reset) return no_status("RST_STREAM " + std::to_string(*stream.reset));
  return no_status("an end without a status");
}

class GrpcStream : public V3Stream {
 public:
  GrpcStream(Http2Client& client, int32_t number, const google::protobuf::Descriptor* response)
      : client_(client), number_(number), response_(response) {}

  void send(const Message& request) override { client_.send(number_, framed(request.SerializeAsString()), false); }
  void half_close() override { client_.send(number_, "", true); }
  void hang_up() override { client_.reset(number_); }

  std::optional<Answer> next(Deadline deadline) override {
    std::optional<std::string> bytes;
    const auto has_news = [&] {
      bytes = take_frame(stream().data);
      return bytes || stream().over();
    };
    if (!client_.run(has_news, deadline)) {
      if (client_.closed()) return no_status("the connection was closed");
      return std::nullopt;
    }
    return bytes ? read(*bytes) : end_of(stream());
  }

 private:
  Http2Stream& stream() { return client_.stream(number_); }

  Answer read(const std::string& bytes) {
    Answer answer{new_message(response_), 0, {}, {}, {}};
    if (answer.message->ParseFromString(bytes)) return answer;
    return no_status("a message that is no " + response_->name());
  }

  Http2Client& client_;
  int32_t number_;
  const google::protobuf::Descriptor* response_;
};

class GrpcWire : public V3Wire {
 public:
  explicit GrpcWire(int port) : port_(port), client_(port) {}

  Answer call(const Rpc& rpc, const Message& request, const CallOptions& options) override {
    const std::string body = framed(request.SerializeAsString());
    GrpcStream stream(client_, client_.request(headers_of(rpc, port_, options), body, true), rpc.response);
    const Deadline deadline = in(kAnswerTime);
    std::optional<Answer> first = stream.next(deadline);
    if (!first || !first->message) return first ? std::move(*first) : no_status("no answer");
    const std::optional<Answer> end = stream.next(deadline);
    if (end && end->message) return no_status("more than one message");
    if (!end || end->code != 0) return no_status("a message, but no good end");
    return std::move(*first);
  }

  std::unique_ptr<V3Stream> open(const Rpc& rpc, const Requests& requests, const CallOptions& options) override {
    std::string body;
    for (const auto& request : requests) body += framed(request->SerializeAsString());
    return std::make_unique<GrpcStream>(client_, client_.request(headers_of(rpc, port_, options), body, false),
                                        rpc.response);
  }

 private:
  int port_;
  Http2Client client_;
};

}  // namespace

std::unique_ptr<V3Wire> grpc_wire(int port) { return std::make_unique<GrpcWire>(port); }

}  // namespace viaduct::conformance
