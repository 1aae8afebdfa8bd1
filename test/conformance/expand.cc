#include "test/conformance/expand.h"

#include <cstdlib>

namespace viaduct::conformance {
namespace {

constexpr std::string_view kRepeat = "repeat ";
constexpr std::string_view kCount = "count ";

// "100 TEXT": so often the text, in which each # is the number of the round when `counted`.
std::string repeated(std::string_view arguments, const Variables& variables, bool counted) {
  const size_t space = std::min(arguments.find(' '), arguments.size());
  const long count = std::strtol(std::string(arguments.substr(0, space)).c_str(), nullptr, 10);
  const std::string text = space < arguments.size() ? expand(arguments.substr(space + 1), variables) : "";
  std::string result;
  for (long i = 1; i <= count; ++i) {
    if (!counted) {
      result += text;
      continue;
    }
    for (const char c : text) result += c == '#' ? std::to_string(i) : std::string(1, c);
  }
  return result;
}

// Whether it is NAME, NAME+K or NAME-K.
bool is_offset_of(std::string_view name, std::string_view expression) {
  return expression.substr(0, 1) == name && (expression.size() == 1 || expression[1] == '+' || expression[1] == '-');
}

std::string moved(int64_t number, std::string_view expression) {
  return std::to_string(number + std::strtoll(std::string(expression.substr(1)).c_str(), nullptr, 10));
}

std::string value_of(std::string_view expression, const Variables& variables) {
  if (expression.substr(0, kRepeat.size()) == kRepeat) {
    return repeated(expression.substr(kRepeat.size()), variables, false);
  }
  if (expression.substr(0, kCount.size()) == kCount) {
    return repeated(expression.substr(kCount.size()), variables, true);
  }
  if (expression == "dir") return variables.directory;
  if (expression == "keys") return "/v2/keys" + variables.directory;
  if (expression == "client") return variables.client;
  if (expression == "peer") return variables.peer;
  if (expression == "member") return variables.member;
  if (expression == "i") return std::to_string(variables.number);
  if (const auto named = variables.named.find(std::string(expression)); named != variables.named.end()) {
    return named->second;
  }
  if (is_offset_of("n", expression)) return moved(static_cast<int64_t>(variables.index), expression);
  if (is_offset_of("r", expression)) return moved(variables.revision, expression);
  return "${" + std::string(expression) + "}";
}

// Appends what the escape at the front of `rest` stands for and returns its length.
size_t append_escape(std::string_view rest, std::string& to) {
  switch (rest.size() < 2 ? '\0' : rest[1]) {
    case 'r':
      to += '\r';
      return 2;
    case 'n':
      to += '\n';
      return 2;
    case 't':
      to += '\t';
      return 2;
    case '0':
      to += '\0';
      return 2;
    case '\\':
      to += '\\';
      return 2;
    case 'x':
      to += static_cast<char>(std::strtol(std::string(rest.substr(2, 2)).c_str(), nullptr, 16));
      return std::min<size_t>(4, rest.size());
    default:
      to += '\\';
      return 1;
  }
}

// Appends the expression or the character at the front of `rest` and returns its length.
size_t append_plain(std::string_view rest, const Variables& variables, std::string& to) {
  const size_t end = rest.find('}');
  if (rest.substr(0, 2) != "${" || end == std::string_view::npos) {
    to += rest[0];
    return 1;
  }
  to += value_of(rest.substr(2, end - 2), variables);
  return end + 1;
}

}  // namespace

std::string expand(std::string_view text, const Variables& variables) {
  std::string result;
  if (text.substr(0, 1) == "~") {
    result = "/v2/keys" + variables.directory;
    text.remove_prefix(1);
  }
  while (!text.empty()) {
    const size_t taken = text[0] == '\\' ? append_escape(text, result) : append_plain(text, variables, result);
    text.remove_prefix(taken);
  }
  return result;
}

std::string expand_expressions(std::string_view text, const Variables& variables) {
  std::string result;
  while (!text.empty()) text.remove_prefix(append_plain(text, variables, result));
  return result;
}

bool names_directory(std::string_view text) {
  return text.substr(0, 1) == "~" || text.find("${keys}") != std::string_view::npos ||
         text.find("${dir}") != std::string_view::npos;
}

}  // namespace viaduct::conformance
