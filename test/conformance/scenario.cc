#include "test/conformance/scenario.h"

#include <charconv>
#include <map>
#include <set>
#include <sstream>

namespace viaduct::conformance {
namespace {

using std::chrono::milliseconds;

const std::map<std::string, Action, std::less<>> kActions = {
    {"parallel", Action::kParallel}, {"raw", Action::kRaw},         {"watch", Action::kWatch},
    {"event", Action::kEvent},       {"until", Action::kUntil},     {"result", Action::kResult},
    {"silent", Action::kSilent},     {"hangup", Action::kHangUp},   {"gone", Action::kGone},
    {"stats", Action::kStats},       {"restart", Action::kRestart}, {"sleep", Action::kSleep},
};

struct Line {
  int number = 0;
  int indent = 0;
  std::string text;
};

struct Variable {
  std::string name;
  std::vector<std::string> values;
};

// A case as written, before its tables are unrolled.
struct Draft {
  std::vector<Variable> variables;
  Line title;
  std::vector<Line> body;
};

Error bad_line(const Line& line, const std::string& why) {
  return {Code::kInvalidArgument, "line " + std::to_string(line.number) + ": " + why + ": " + line.text};
}

std::vector<std::string> split_words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word == "\"\"" ? "" : word);
  return words;
}

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

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.substr(0, word.size()) == word && (text.size() == word.size() || text[word.size()] == ' ');
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

std::vector<Line> significant_lines(std::string_view text) {
  std::vector<Line> lines;
  int number = 0;
  std::istringstream in{std::string(text)};
  for (std::string raw; std::getline(in, raw);) {
    ++number;
    const size_t begin = raw.find_first_not_of(' ');
    if (begin == std::string::npos || raw[begin] == '#') continue;
    lines.push_back({number, static_cast<int>(begin), raw.substr(begin)});
  }
  return lines;
}

std::string substitute(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    const std::string mark = "<" + name + ">";
    for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size()) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

// Cuts " => STATUS [CODE]" off the end of a step.
Result<std::optional<Expectation>> take_expectation(const Line& line, std::string& text) {
  const size_t arrow = text.rfind(" => ");
  if (arrow == std::string::npos) return std::optional<Expectation>();
  const std::vector<std::string> words = split_words(text.substr(arrow + 4));
  Expectation expected;
  const bool good = (words.size() == 1 || words.size() == 2) && read_number(words[0], expected.status) &&
                    (words.size() == 1 || read_number(words[1], expected.error_code));
  if (!good) return bad_line(line, "after => come a status and perhaps an error code");
  text.erase(arrow);
  return std::optional<Expectation>(expected);
}

Result<void> read_request(const Line& line, std::string_view rest, Step& step) {
  step.target = take_word(rest);
  if (step.target.empty()) return bad_line(line, "a request needs a target");
  if (!rest.empty()) step.form = std::string(rest);
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
    case Action::kStats:
    case Action::kRestart:
      return {};
  }
  return bad_line(line, "unknown step");
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

// A line indented deeper than its step says more about that step.
Result<void> add_detail(const Line& line, Step& step) {
  std::string_view rest = line.text;
  const std::string word = take_word(rest);
  if (word == "header") {
    step.headers.emplace_back(rest);
  } else if (word == "body") {
    step.body = std::string(rest);
  } else if (word == "grep") {
    step.grep = rest;
  } else {
    return bad_line(line, "only header, body and grep say more about a step");
  }
  return {};
}

Result<Case> make_case(const std::string& scenario, const Draft& draft,
                       const std::vector<std::pair<std::string, std::string>>& values) {
  Case made;
  made.name = scenario + "/" + substitute(draft.title.text.substr(5), values);
  const int step_indent = draft.body.front().indent;
  for (Line line : draft.body) {
    line.text = substitute(line.text, values);
    if (line.indent > step_indent) {
      VIADUCT_TRY(add_detail(line, made.steps.back()));
      continue;
    }
    VIADUCT_TRY_ASSIGN(step, parse_step(line));
    made.steps.push_back(std::move(step));
  }
  return made;
}

// Adds one case per combination of the tables' values, the last table turning fastest.
Result<void> unroll(const std::string& scenario, const Draft& draft, size_t depth,
                    std::vector<std::pair<std::string, std::string>>& values, std::vector<Case>& to) {
  if (draft.body.empty()) return bad_line(draft.title, "a case without steps");
  if (depth == draft.variables.size()) {
    VIADUCT_TRY_ASSIGN(made, make_case(scenario, draft, values));
    to.push_back(std::move(made));
    return {};
  }
  for (const std::string& value : draft.variables[depth].values) {
    values.emplace_back(draft.variables[depth].name, value);
    VIADUCT_TRY(unroll(scenario, draft, depth + 1, values, to));
    values.pop_back();
  }
  return {};
}

Result<std::vector<Draft>> drafts_of(const std::vector<Line>& lines, Scenario& scenario) {
  std::vector<Draft> drafts;
  std::vector<Variable> pending;
  for (const Line& line : lines) {
    if (line.indent > 0) {
      if (drafts.empty() || !pending.empty()) return bad_line(line, "a step outside a case");
      drafts.back().body.push_back(line);
    } else if (starts_with_word(line.text, "servers")) {
      for (std::string& flag : split_words(line.text.substr(7))) scenario.server_flags.push_back(std::move(flag));
    } else if (starts_with_word(line.text, "for")) {
      std::vector<std::string> words = split_words(line.text);
      if (words.size() < 4 || words[2] != "in") return bad_line(line, "expected: for NAME in VALUE...");
      pending.push_back({words[1], {words.begin() + 3, words.end()}});
    } else if (starts_with_word(line.text, "case") && line.text.size() > 5) {
      drafts.push_back({std::move(pending), line, {}});
      pending.clear();
    } else {
      return bad_line(line, "expected servers, for or case");
    }
  }
  return drafts;
}

}  // namespace

Result<Scenario> parse_scenario(const std::string& name, std::string_view text) {
  Scenario scenario{name, {}, {}};
  VIADUCT_TRY_ASSIGN(drafts, drafts_of(significant_lines(text), scenario));
  for (const Draft& draft : drafts) {
    std::vector<std::pair<std::string, std::string>> values;
    VIADUCT_TRY(unroll(name, draft, 0, values, scenario.cases));
  }
  std::set<std::string_view> seen;
  for (const Case& one : scenario.cases) {
    if (!seen.insert(one.name).second) return Error{Code::kInvalidArgument, "two cases are called " + one.name};
  }
  return scenario;
}

}  // namespace viaduct::conformance
