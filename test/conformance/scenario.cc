#include "test/conformance/scenario.h"

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

namespace viaduct::conformance {
namespace {

const std::map<std::string, Wire> kWires = {
    {"grpc", Wire::kGrpc}, {"gateway", Wire::kGateway}, {"websocket", Wire::kWebSocket}};

struct Variable {
  std::string name;
  std::vector<std::string> values;
};

// A case as written, before its tables are unrolled.
struct Draft {
  std::vector<Variable> variables;
  std::vector<std::string> wires;  // it is played once over each; none: it has no v3 steps
  Line title;
  std::vector<Line> body;
};

std::vector<std::string> split_words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word == "\"\"" ? "" : word);
  return words;
}

// The values of a table: words, or whatever stands between bars.
std::vector<std::string> values_of(std::string_view text) {
  if (text.find(" | ") == std::string_view::npos) return split_words(text);
  std::vector<std::string> values;
  for (size_t bar; (bar = text.find(" | ")) != std::string_view::npos; text.remove_prefix(bar + 3)) {
    values.emplace_back(text.substr(0, bar));
  }
  values.emplace_back(text);
  return values;
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.substr(0, word.size()) == word && (text.size() == word.size() || text[word.size()] == ' ');
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

void add_per_wire(const Case& one, const std::vector<std::string>& wires, std::vector<Case>& to) {
  if (wires.empty()) to.push_back(one);
  for (const std::string& wire : wires) {
    to.push_back(one);
    to.back().wire = kWires.at(wire);
    to.back().name += " over " + wire;
  }
}

// Adds one case per combination of the tables' values, the last table turning fastest.
Result<void> unroll(const std::string& scenario, const Draft& draft, size_t depth,
                    std::vector<std::pair<std::string, std::string>>& values, std::vector<Case>& to) {
  if (draft.body.empty()) return bad_line(draft.title, "a case without steps");
  if (depth == draft.variables.size()) {
    VIADUCT_TRY_ASSIGN(made, make_case(scenario, draft, values));
    add_per_wire(made, draft.wires, to);
    return {};
  }
  for (const std::string& value : draft.variables[depth].values) {
    values.emplace_back(draft.variables[depth].name, value);
    VIADUCT_TRY(unroll(scenario, draft, depth + 1, values, to));
    values.pop_back();
  }
  return {};
}

Result<Variable> read_table(const Line& line) {
  const std::vector<std::string> words = split_words(line.text);
  if (words.size() < 4 || words[2] != "in") return bad_line(line, "expected: for NAME in VALUE...");
  return Variable{words[1], values_of(std::string_view(line.text).substr(line.text.find(" in ") + 4))};
}

Result<std::vector<std::string>> read_wires(const Line& line) {
  std::vector<std::string> wires = split_words(line.text.substr(4));
  for (const std::string& wire : wires) {
    if (!kWires.contains(wire)) return bad_line(line, "the ways to the v3 API are grpc, gateway and websocket");
  }
  return wires;
}

Result<std::vector<Draft>> drafts_of(const std::vector<Line>& lines, Scenario& scenario) {
  std::vector<Draft> drafts;
  std::vector<Variable> pending;
  std::vector<std::string> wires;
  for (const Line& line : lines) {
    if (line.indent > 0) {
      if (drafts.empty() || !pending.empty()) return bad_line(line, "a step outside a case");
      drafts.back().body.push_back(line);
    } else if (starts_with_word(line.text, "servers")) {
      for (std::string& flag : split_words(line.text.substr(7))) scenario.server_flags.push_back(std::move(flag));
    } else if (starts_with_word(line.text, "members")) {
      scenario.members = std::atoi(line.text.c_str() + 7);
      if (scenario.members < 1 || scenario.members > 9) return bad_line(line, "how many members?");
    } else if (line.text == "alone") {
      scenario.alone = true;
    } else if (starts_with_word(line.text, "over")) {
      VIADUCT_TRY_ASSIGN(named, read_wires(line));
      wires = std::move(named);
    } else if (starts_with_word(line.text, "for")) {
      VIADUCT_TRY_ASSIGN(table, read_table(line));
      pending.push_back(std::move(table));
    } else if (starts_with_word(line.text, "case") && line.text.size() > 5) {
      drafts.push_back({std::move(pending), wires, line, {}});
      pending.clear();
    } else {
      return bad_line(line, "expected servers, members, alone, over, for or case");
    }
  }
  return drafts;
}

}  // namespace

Result<Scenario> parse_scenario(const std::string& name, std::string_view text) {
  Scenario scenario{name, {}, 1, false, {}};
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
