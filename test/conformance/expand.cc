#include "test/conformance/expand.h"

#include <cstdlib>

namespace viaduct::conformance {
namespace {

constexpr std::string_view kRepeat = "repeat ";

std::string repeated(std::string_view arguments, const Variables& variables) {
  const size_t space = std::min(arguments.find(' '), arguments.size());
  const long count = std::strtol(std::string(arguments.substr(0, space)).c_str(), nullptr, 10);
  const std::string text = space < arguments.size() ? expand(arguments.substr(space + 1), variables) : "";
  std::string result;
  for (long i = 0; i < count; ++i) result += text;
  return result;
}

std::string value_of(std::string_view expression, const Variables& variables) {
  if (expression.substr(0, kRepeat.size()) == kRepeat) return repeated(expression.substr(kRepeat.size()), variables);
  if (expression == "dir") return variables.directory;
  if (expression == "keys") return "/v2/keys" + variables.directory;
  if (expression == "client") return variables.client;
  if (expression == "peer") return variables.peer;
  if (expression == "member") return variables.member;
  if (expression == "i") return std::to_string(variables.number);
  if (expression.substr(0, 1) == "n") {
    const long long offset = std::strtoll(std::string(expression.substr(1)).c_str(), nullptr, 10);
    return std::to_string(static_cast<long long>(variables.index) + offset);
  }
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

}  // namespace

std::string expand(std::string_view text, const Variables& variables) {
  std::string result;
  if (text.substr(0, 1) == "~") {
    result = "/v2/keys" + variables.directory;
    text.remove_prefix(1);
  }
  while (!text.empty()) {
    size_t taken = 1;
    const size_t end = text.find('}');
    if (text[0] == '\\') {
      taken = append_escape(text, result);
    } else if (text.substr(0, 2) == "${" && end != std::string_view::npos) {
      result += value_of(text.substr(2, end - 2), variables);
      taken = end + 1;
    } else {
      result += text[0];
    }
    text.remove_prefix(taken);
  }
  return result;
}

bool names_directory(std::string_view text) {
  return text.substr(0, 1) == "~" || text.find("${keys}") != std::string_view::npos ||
         text.find("${dir}") != std::string_view::npos;
}

}  // namespace viaduct::conformance
