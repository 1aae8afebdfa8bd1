#include "test/conformance/gateway_answer.h"

#include <google/protobuf/util/json_util.h>

#include <regex>
#include <string_view>

namespace viaduct::conformance {
namespace {

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

}  // namespace

Answer no_status(const std::string& how) { return {nullptr, kNoStatus, how, {}, {}}; }

Answer answer_of(const Rpc& rpc, const Reply& reply) {
  Answer answer = reply.status == 200
                      ? read_message(rpc, reply.body)
                      : Answer{nullptr, number_in(reply.body, "code"), text_in(reply.body, "message"), {}, reply.body};
  answer.reply = reply;
  return answer;
}

Answer answer_of_line(const Rpc& rpc, const std::string& line) {
  constexpr std::string_view kResult = "{\"result\":";
  const std::string text = line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
  if (text.starts_with(kResult) && text.ends_with('}')) {
    return read_message(rpc, text.substr(kResult.size(), text.size() - kResult.size() - 1));
  }
  return {nullptr, number_in(text, "grpc_code"), text_in(text, "message"), {}, text};
}

}  // namespace viaduct::conformance
