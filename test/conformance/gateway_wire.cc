// The v3 API through the JSON gateway: one HTTP/1 connection per call.
#include <google/protobuf/util/json_util.h>

#include <regex>

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

Answer no_status(const std::string& how) { return {nullptr, kNoStatus, how, {}, {}}; }

int number_in(const std::string& json, const std::string& name) {
  std::smatch match;
  return std::regex_search(json, match, std::regex("\"" + name + "\":(\\d+)")) ? std::stoi(match.str(1)) : kNoStatus;
}

std::string text_in(const std::string& json, const std::string& name) {
  const std::regex pattern("\"" + name + R"re(":"((?:[^"\\]|\\.)*)")re");
  std::smatch match;
  if (!std::regex_search(json, match, pattern)) return {};
  return std::regex_replace(match.str(1), std::regex(R"re(\\(["\\/]))re"), "$1");
}

Answer read_message(const Rpc& rpc, const std::string& json) {
  Answer answer{new_message(rpc.response), 0, {}, {}, json};
  const auto status = google::protobuf::util::JsonStringToMessage(json, answer.message.get());
  if (status.ok()) return answer;
  answer = no_status("JSON that is no " + rpc.response->name());
  answer.json = json;
  return answer;
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
    constexpr std::string_view kResult = "{\"result\":";
    if (line.starts_with(kResult) && line.ends_with("}\n")) {
      return read_message(rpc_, line.substr(kResult.size(), line.size() - kResult.size() - 2));
    }
    end_code_ = number_in(line, "grpc_code");
    end_text_ = text_in(line, "message");
    return {nullptr, end_code_, end_text_, {}, line};
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
    const Reply& reply = parser.reply();
    Answer answer =
        reply.status == 200
            ? read_message(rpc, reply.body)
            : Answer{nullptr, number_in(reply.body, "code"), text_in(reply.body, "message"), {}, reply.body};
    answer.reply = reply;
    return answer;
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
