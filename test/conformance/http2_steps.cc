#include "test/conformance/http2_steps.h"

#include <algorithm>

#include "test/conformance/grpc_frame.h"
#include "test/conformance/v3_schema.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kReplyTime = 10s;
constexpr auto kGoAwayTime = 1s;

// "/etcdserverpb.KV/Range" names the method whose messages travel; nothing for other paths.
Result<Rpc> rpc_at(const std::string& path) {
  const size_t dot = path.find('.');
  if (dot == std::string::npos) return Error{Code::kNotFound, "not a method's path"};
  return find_rpc(path.substr(path.rfind('.', path.find('/', 1)) + 1));
}

std::string bytes_of(const BodyPart& part, const Result<Rpc>& rpc, const Variables& variables, std::string& error) {
  if (part.kind == BodyPart::Kind::kBytes) return expand(part.text, variables);
  if (!rpc) return error = rpc.error().message;
  const auto message = read_message(rpc->request, expand_expressions(part.text, variables));
  if (!message) return error = message.error().message;
  const std::string bytes = (*message)->SerializeAsString();
  return part.kind == BodyPart::Kind::kZipped ? framed(gzipped(bytes), true) : framed(bytes);
}

// The usual headers, but for those that the step gives itself; an empty value leaves one out.
HeaderList headers_of(const Step& step, int port, const Variables& variables) {
  HeaderList headers = {{":method", step.method},
                        {":scheme", "http"},
                        {":path", step.target},
                        {":authority", "127.0.0.1:" + std::to_string(port)}};
  for (const auto& [name, value] : step.metadata) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    if (!value.empty()) headers.emplace_back(name, expand(value, variables));
  }
  // Pseudo-headers come first.
  std::stable_partition(headers.begin(), headers.end(), [](const auto& one) { return one.first.starts_with(':'); });
  return headers;
}

std::string listed(HeaderList headers) {
  std::sort(headers.begin(), headers.end());
  std::string text;
  for (const auto& [name, value] : headers) {
    const bool changes = name == "date" || name == "server";
    text += (text.empty() ? "" : "\n") + name + ": " + (changes ? "<" + name + ">" : value);
  }
  return text;
}

std::string described(std::string data, const Result<Rpc>& rpc, const V3Frame& frame) {
  const std::string all = data;
  const auto bytes = take_frame(data);
  if (!rpc || !bytes || !data.empty()) return describe_bytes(all);
  const auto message = new_message(rpc->response);
  return message->ParseFromString(*bytes) ? describe(*message, frame) : describe_bytes(all);
}

// A reply may overtake the end of its request, and then a harmless reset follows: that is left out.
std::string ending_of(const Http2Client& client, const Http2Stream& stream, bool unfinished) {
  std::string text = stream.ended ? "ended" : "open";
  if (stream.reset && (unfinished || *stream.reset != 0)) text += ", RST_STREAM " + std::to_string(*stream.reset);
  if (client.goaway()) text += ", GOAWAY " + std::to_string(client.goaway()->code) + " " + client.goaway()->debug;
  if (client.closed()) text += ", closed";
  return text;
}

std::string first_of(const Http2Stream& stream, const std::string& name) {
  if (stream.blocks.empty()) return "-";
  for (const auto& [key, value] : stream.blocks.front()) {
    if (key == name) return value;
  }
  return "-";
}

// "ended 200 3 etcdserver: key is not provided" and "ended 200 - {...}": how it ended, both statuses, text or data.
std::string short_form(const std::string& ending, const Http2Stream& stream, const Result<Rpc>& rpc,
                       const V3Frame& frame) {
  const std::string text = percent_decoded(trailer(stream, "grpc-message").value_or(""));
  return ending + " " + first_of(stream, ":status") + " " + trailer(stream, "grpc-status").value_or("-") + " " +
         (text.empty() && !stream.data.empty() ? described(stream.data, rpc, frame) : text);
}

}  // namespace

void play_http2(const Step& step, int port, const Variables& variables, const V3Frame& frame, Recorder& recorder) {
  const Result<Rpc> rpc = rpc_at(step.target);
  std::string body;
  std::string error;
  for (const BodyPart& part : step.body_parts) body += bytes_of(part, rpc, variables, error);
  if (!error.empty()) return recorder.complain(step, error);
  Http2Client client(port);
  const int32_t number = client.request(headers_of(step, port, variables), body, !step.unfinished);
  Http2Stream& stream = client.stream(number);
  client.run([&] { return stream.over(); }, in(kReplyTime));
  // A reset may follow the end.
  client.run([&] { return stream.reset.has_value(); }, in(step.unfinished ? 200ms : 20ms));
  for (size_t i = 0; i < stream.blocks.size(); ++i) {
    recorder.observe("headers" + std::to_string(i + 1), listed(stream.blocks[i]));
  }
  if (!stream.data.empty()) recorder.observe("data", described(stream.data, rpc, frame));
  const std::string ending = ending_of(client, stream, step.unfinished);
  recorder.observe("end", ending);
  recorder.check_answer(step, short_form(ending, stream, rpc, frame), stream.ended);
}

void play_pings(const Step& step, int port, Recorder& recorder) {
  Http2Client client(port);
  if (step.target == "with a stream") {
    client.request({{":method", "POST"},
                    {":scheme", "http"},
                    {":path", "/etcdserverpb.Watch/Watch"},
                    {":authority", "127.0.0.1"},
                    {"content-type", "application/grpc"}},
                   "", false);
  }
  for (int i = 0; i < step.count; ++i) {
    client.ping();
    client.run([&] { return client.pongs() > i || client.goaway(); }, in(kGoAwayTime));
  }
  client.run([&] { return client.goaway().has_value(); }, in(200ms));
  std::string text = client.goaway() ? "GOAWAY " + std::to_string(client.goaway()->code) + " " + client.goaway()->debug
                                     : std::to_string(client.pongs()) + " answered";
  recorder.observe("pings", text);
  recorder.check_answer(step, text, true);
}

}  // namespace viaduct::conformance
