#include "test/conformance/differences.h"

#include <fnmatch.h>

#include <sstream>

namespace viaduct::conformance {
namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  size_t begin = 0;
  while (columns.size() < 3) {
    const size_t bar = line.find(" | ", begin);
    if (bar == std::string::npos) break;
    columns.push_back(trimmed(line.substr(begin, bar - begin)));
    begin = bar + 3;
  }
  columns.push_back(trimmed(line.substr(begin)));
  return columns;
}

bool matches(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

}  // namespace

Result<Differences> Differences::parse(std::string_view text) {
  Differences differences;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (trimmed(line).empty() || trimmed(line)[0] == '#') continue;
    const std::vector<std::string> columns = columns_of(line);
    if (columns.size() != 4 || columns[3].empty()) {
      return Error{Code::kInvalidArgument, "expected case | field | answer | reason: " + line};
    }
    differences.entries_.push_back({line, columns[0], columns[1], columns[2], false});
  }
  return differences;
}

bool Differences::covers(const std::string& case_name, const std::string& field, const std::string& answer) {
  const std::lock_guard lock(mutex_);
  bool covered = false;
  for (Entry& entry : entries_) {
    const bool hit = matches(entry.case_pattern, case_name) && matches(entry.field_pattern, field) &&
                     matches(entry.answer_pattern, answer);
    entry.seen |= hit;
    covered |= hit;
  }
  return covered;
}

std::vector<std::string> Differences::stale() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    if (!entry.seen) lines.push_back(entry.line);
  }
  return lines;
}

}  // namespace viaduct::conformance
