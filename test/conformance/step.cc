#include "test/conformance/step.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "test/conformance/v3_text.h"

namespace viaduct::conformance {
namespace {

using std::chrono::milliseconds;

const std::map<std::string, Action, std::less<>> kActions = {
    {"parallel", Action::kParallel}, {"raw", Action::kRaw},         {"watch", Action::kWatch},
    {"event", Action::kEvent},       {"until", Action::kUntil},     {"result", Action::kResult},
    {"silent", Action::kSilent},     {"hangup", Action::kHangUp},   {"gone", Action::kGone},
    {"stats", Action::kStats},       {"restart", Action::kRestart}, {"fresh", Action::kFresh},
    {"sleep", Action::kSleep},       {"rpc", Action::kRpc},         {"open", Action::kOpen},
    {"send", Action::kSend},         {"events", Action::kEvents},   {"half-close", Action::kHalfClose},
    {"end", Action::kEnd},           {"http2", Action::kHttp2},     {"pings", Action::kPings},
    {"snapshot", Action::kSnapshot}, {"churn", Action::kChurn},     {"at", Action::kAt},
    {"kill", Action::kKill},         {"start", Action::kStart},
};

// Takes the first word off `rest`. Spaces inside ${...} are part of the word.
std::string take_word(std::string_view& rest) {
  const size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
  size_t end = begin;
  for (bool inside = false; end < rest.size() && (inside || rest[end] != ' '); ++end) {
    if (rest.substr(end, 2) == "${") inside = true;
    if (rest[end] == '}') inside = false;
  }
  std::string word(rest.substr(begin, end - begin));
  rest.remove_prefix(std::min(rest.find_first_not_of(' ', end), rest.size()));
  return word;
}

bool read_number(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_duration(std::string_view text, milliseconds& value) {
  int number = 0;
  if (!text.ends_with("ms") || !read_number(text.substr(0, text.size() - 2), number)) return false;
  value = milliseconds(number);
  return true;
}

// A status and perhaps an error code for HTTP, a code's name for gRPC.
bool read_expectation(std::string_view text, Expectation& expected) {
  const std::string first = take_word(text);
  if (is_code_name(first)) {
    expected.grpc_code = first;
    return text.empty();
  }
  return read_number(first, expected.status) && (text.empty() || read_number(text, expected.error_code));
}

// Cuts " => STATUS [CODE]" off the end of a step.
Result<std::optional<Expectation>> take_expectation(const Line& line, std::string& text) {
  const size_t arrow = text.rfind(" => ");
  if (arrow == std::string::npos) return std::optional<Expectation>();
  Expectation expected;
  if (!read_expectation(std::string_view(text).substr(arrow + 4), expected)) {
    return bad_line(line, "after => come a status and perhaps an error code, or the name of a gRPC code");
  }
  text.erase(arrow);
  return std::optional<Expectation>(expected);
}

Result<void> read_request(const Line& line, std::string_view rest, Step& step) {
  step.target = take_word(rest);
  if (step.target.empty()) return bad_line(line, "a request needs a target");
  if (!rest.empty()) step.form = std::string(rest);
  return {};
}

Result<void> read_call(const Line& line, std::string_view rest, Step& step) {
  step.method = take_word(rest);
  if (step.method.find('/') == std::string::npos) return bad_line(line, "a call needs a Service/Method");
  step.messages.emplace_back(rest);
  return {};
}

Result<void> read_arguments(const Line& line, std::string_view rest, Step& step) {
  switch (step.action) {
    case Action::kRequest:
      return read_request(line, rest, step);
    case Action::kParallel:
      if (!read_number(take_word(rest), step.count)) return bad_line(line, "parallel needs a number");
      step.method = take_word(rest);
      return read_request(line, rest, step);
    case Action::kRaw:
      if (!read_number(take_word(rest), step.count)) return bad_line(line, "raw needs the number of replies");
      step.raw = rest;
      return {};
    case Action::kWatch:
      step.name = take_word(rest);
      step.method = "GET";
      return read_request(line, rest, step);
    case Action::kUntil:
    case Action::kEvent:
    case Action::kResult:
    case Action::kSilent:
    case Action::kHangUp:
    case Action::kHalfClose:
    case Action::kEnd:
      step.name = take_word(rest);
      step.grep = rest;
      if (step.name.empty()) return bad_line(line, "the name of a watch is missing");
      return {};
    case Action::kGone:
      step.target = take_word(rest);
      if (!read_duration(take_word(rest), step.earliest) || !read_duration(take_word(rest), step.latest)) {
        return bad_line(line, "gone needs a target, the earliest and the latest moment");
      }
      return {};
    case Action::kSleep:
      if (!read_duration(take_word(rest), step.latest)) return bad_line(line, "sleep needs milliseconds");
      return {};
    case Action::kRpc:
      return read_call(line, rest, step);
    case Action::kOpen:
      step.name = take_word(rest);
      return read_call(line, rest, step);
    case Action::kSend:
      step.name = take_word(rest);
      step.messages.emplace_back(rest);
      return {};
    case Action::kEvents:
      step.name = take_word(rest);
      if (!read_number(rest, step.count)) return bad_line(line, "events needs a stream and a number");
      return {};
    case Action::kHttp2:
      step.method = take_word(rest);
      return read_request(line, rest, step);
    case Action::kPings:
      if (!read_number(take_word(rest), step.count)) return bad_line(line, "pings needs a number");
      step.target = rest;
      return {};
    case Action::kChurn:
      if (!read_number(take_word(rest), step.seed) || !read_number(rest, step.count)) {
        return bad_line(line, "churn needs a seed and a number");
      }
      return {};
    case Action::kAt:
    case Action::kKill:
    case Action::kStart:
      while (!rest.empty()) step.names.push_back(take_word(rest));
      if (step.names.empty()) return bad_line(line, "which member?");
      return {};
    case Action::kStats:
    case Action::kRestart:
    case Action::kFresh:
    case Action::kSnapshot:
      return {};
  }
  return bad_line(line, "unknown step");
}

const std::map<std::string, BodyPart::Kind> kBodyParts = {
    {"body", BodyPart::Kind::kBytes}, {"message", BodyPart::Kind::kMessage}, {"zipped", BodyPart::Kind::kZipped}};

// "NAME: VALUE"; a pseudo-header's name begins with a colon.
std::pair<std::string, std::string> name_and_value(const std::string& text) {
  const size_t colon = std::min(text.find(": "), text.size());
  return {text.substr(0, colon), text.substr(std::min(colon + 2, text.size()))};
}

}  // namespace

Error bad_line(const Line& line, const std::string& why) {
  return {Code::kInvalidArgument, "line " + std::to_string(line.number) + ": " + why + ": " + line.text};
}

Result<Step> parse_step(const Line& line) {
  Step step;
  step.line = line.number;
  step.text = line.text;
  std::string text = line.text;
  VIADUCT_TRY_ASSIGN(expected, take_expectation(line, text));
  step.expected = expected;
  std::string_view rest = text;
  const std::string word = take_word(rest);
  if (const auto known = kActions.find(word); known != kActions.end()) {
    step.action = known->second;
  } else if (word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) {
    step.method = word;
  } else {
    return bad_line(line, "unknown step");
  }
  VIADUCT_TRY(read_arguments(line, rest, step));
  return step;
}

Result<void> add_detail(const Line& line, Step& step) {
  std::string_view rest = line.text;
  const std::string word = take_word(rest);
  std::string text(rest);
  if (word == "+" && !step.answer) {
    VIADUCT_TRY_ASSIGN(expected, take_expectation(line, text));
    if (expected) step.expected = expected;
  }
  if (word == "header" && step.action == Action::kHttp2) {
    step.metadata.push_back(name_and_value(text));
  } else if (word == "header") {
    step.headers.push_back(text);
  } else if (word == "meta") {
    step.metadata.push_back(name_and_value(text));
  } else if (step.action == Action::kHttp2 && kBodyParts.contains(word)) {
    step.body_parts.push_back({kBodyParts.at(word), text});
  } else if (word == "unfinished") {
    step.unfinished = true;
  } else if (word == "body") {
    step.body = text;
  } else if (word == "grep") {
    step.grep = text;
  } else if (word == "is") {
    step.answer = text;
  } else if (word == "more") {
    step.messages.push_back(text);
  } else if (word == "+" && step.answer) {
    *step.answer += " " + text;
  } else if (word == "+" && !step.messages.empty()) {
    step.messages.back() += " " + text;
  } else if (word == "times") {
    if (!read_number(text, step.times)) return bad_line(line, "times needs a number");
  } else if (word == "timeout") {
    if (!read_duration(text, step.timeout)) return bad_line(line, "timeout needs milliseconds");
  } else {
    return bad_line(line, "that is nothing to say about a step");
  }
  return {};
}

}  // namespace viaduct::conformance
