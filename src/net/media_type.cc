#include "net/media_type.h"

#include <algorithm>
#include <optional>
#include <set>

namespace viaduct::net {
namespace {

Error error(const char* text) { return {Code::kInvalidArgument, text}; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_special(char c) { return std::string_view("()<>@,;:\\\"/[]?=").find(c) != std::string_view::npos; }
bool is_token_byte(char c) { return c > 0x20 && c < 0x7f && !is_special(c); }  // RFC 2045

std::string_view skip_spaces(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trim(std::string_view text) {
  text = skip_spaces(text);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lowered;
}

std::string_view take_token(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_token_byte);
  const std::string_view token = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest.remove_prefix(token.size());
  return token;
}

// A backslash counts only before a special: some browsers send bare ones in file names.
bool skip_quoted(std::string_view& rest) {
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] == '\r' || rest[i] == '\n') return false;
    if (rest[i] == '\\' && i + 1 < rest.size() && is_special(rest[i + 1])) ++i;
  }
  return false;
}

bool skip_value(std::string_view& rest) {
  if (rest.starts_with('"')) return skip_quoted(rest);
  return !take_token(rest).empty();
}

// Takes `; name=value`; the name in lower case, or nothing when `rest` does not begin with one.
std::optional<std::string> take_parameter(std::string_view& rest) {
  std::string_view at = skip_spaces(rest);
  if (!at.starts_with(';')) return std::nullopt;
  at = skip_spaces(at.substr(1));
  const std::string_view name = take_token(at);
  at = skip_spaces(at);
  if (name.empty() || !at.starts_with('=')) return std::nullopt;
  at = skip_spaces(at.substr(1));
  if (!skip_value(at)) return std::nullopt;
  rest = at;
  return lower(name);
}

Result<void> check_type(std::string_view type) {
  if (take_token(type).empty()) return error("mime: no media type");
  if (type.empty()) return {};
  if (type.front() != '/') return error("mime: expected slash after first token");
  type.remove_prefix(1);
  if (take_token(type).empty()) return error("mime: expected token after slash");
  if (!type.empty()) return error("mime: unexpected content after media subtype");
  return {};
}

Result<void> check_parameters(std::string_view rest) {
  std::set<std::string> names;
  while (!(rest = skip_spaces(rest)).empty()) {
    std::optional<std::string> name = take_parameter(rest);
    if (!name) {
      if (trim(rest) == ";") return {};
      return error("mime: invalid media parameter");
    }
    if (!names.insert(*std::move(name)).second) return error("mime: duplicate parameter name");
  }
  return {};
}

}  // namespace

Result<std::string> parse_media_type(std::string_view content_type) {
  const std::string_view base = content_type.substr(0, content_type.find(';'));
  std::string type = lower(trim(base));
  VIADUCT_TRY(check_type(type));
  VIADUCT_TRY(check_parameters(content_type.substr(base.size())));
  return type;
}

}  // namespace viaduct::net
