// The v3 API through the JSON gateway: one HTTP/1 connection per call.
#include "test/conformance/gateway_answer.h"
#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerTime = 12s;

std::string request_bytes(const Rpc& rpc, int port, const CallOptions& options, const std::string& body) {
  std::string head = "POST /v3" + rpc.route + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n";
  if (options.timeout.count() > 0) head += "Grpc-Timeout: " + std::to_string(options.timeout.count()) + "m\r\n";
  for (const auto& [name, value] : options.metadata) head += "Grpc-Metadata-" + name + ": " + value + "\r\n";
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class GatewayStream : public V3Stream {
 public:
  GatewayStream(const Rpc& rpc, int port) : rpc_(rpc), connection_(port) {}
  Connection& connection() { return connection_; }

  // The body of the request is all there was to say.
  void send(const Message&) override {}
  void half_close() override {}
  void hang_up() override { hung_up_ = true; }

  std::optional<Answer> next(Deadline deadline) override {
    if (hung_up_) return no_status("hung up");
    std::string line;
    const bool came = connection_.receive(
        parser_, [&] { return !(line = parser_.take_line()).empty(); }, deadline);
    if (came) return read(line);
    if (parser_.complete()) return Answer{nullptr, end_code_, end_text_, {}, {}};
    if (connection_.closed()) return no_status("the connection was closed");
    return std::nullopt;
  }

 private:
  Answer read(const std::string& line) {
    Answer answer = answer_of_line(rpc_, line);
    if (!answer.message) {
      end_code_ = answer.code;
      end_text_ = answer.text;
    }
    return answer;
  }

  Rpc rpc_;
  Connection connection_;
  ReplyParser parser_;
  bool hung_up_ = false;
  int end_code_ = 0;
  std::string end_text_;
};

class GatewayWire : public V3Wire {
 public:
  explicit GatewayWire(int port) : port_(port) {}

  Answer call(const Rpc& rpc, const Message& request, const CallOptions& options) override {
    Connection connection(port_);
    const Deadline deadline = in(kAnswerTime);
    connection.send(request_bytes(rpc, port_, options, to_json(request)), deadline);
    ReplyParser parser;
    if (!connection.receive(
            parser, [&] { return parser.complete(); }, deadline)) {
      return no_status(connection.closed() ? "closed without a whole reply" : "no answer");
    }
    return answer_of(rpc, parser.reply());
  }

  std::unique_ptr<V3Stream> open(const Rpc& rpc, const Requests& requests, const CallOptions& options) override {
    std::string body;
    for (const auto& request : requests) body += to_json(*request);
    auto stream = std::make_unique<GatewayStream>(rpc, port_);
    stream->connection().send(request_bytes(rpc, port_, options, body), in(kAnswerTime));
    return stream;
  }

 private:
  int port_;
};

}  // namespace

std::unique_ptr<V3Wire> gateway_wire(int port) { return std::make_unique<GatewayWire>(port); }

}  // namespace viaduct::conformance
