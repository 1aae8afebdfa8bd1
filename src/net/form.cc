#include "net/form.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/percent.h"

namespace viaduct::net {
namespace {

std::string decode(std::string_view encoded) {
  std::string spaced(encoded);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return spaced.find('%') == std::string::npos ? spaced : percent_decode(spaced);
}

void append_hex(std::string& to, std::string_view prefix, unsigned value, int digits) {
  to.append(prefix);
  while (digits-- > 0) to.push_back("0123456789abcdef"[(value >> (4 * digits)) & 15]);
}

// One character of at most two UTF-8 bytes; an escape has no room for more behind its '%'.
struct Character {
  unsigned code;
  size_t bytes;  // 0: not UTF-8
};

Character take_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  if (first < 0xc2 || first > 0xdf || text.size() < 2) return {first, 0};
  const auto second = static_cast<unsigned char>(text[1]);
  if ((second & 0xc0) != 0x80) return {first, 0};
  return {(first & 0x1fu) << 6 | (second & 0x3fu), 2};
}

bool is_printable(unsigned code) { return code >= 0x20 && !(code >= 0x7f && code <= 0xa0) && code != 0xad; }

// In double quotes, as Go's strconv.Quote writes a malformed escape.
std::string quote(std::string_view text) {
  constexpr std::string_view kShort = "\aa\bb\ff\nn\rr\tt\vv\"\"\\\\";  // each byte, then its letter
  std::string quoted = "\"";
  while (!text.empty()) {
    const Character c = take_character(text);
    const size_t bytes = std::max<size_t>(c.bytes, 1);
    size_t letter = 0;
    while (letter < kShort.size() && kShort[letter] != text[0]) letter += 2;
    if (letter < kShort.size()) {
      quoted.append({'\\', kShort[letter + 1]});
    } else if (c.bytes == 0 || (c.code < 0x80 && !is_printable(c.code))) {
      append_hex(quoted, "\\x", c.code, 2);
    } else if (!is_printable(c.code)) {
      append_hex(quoted, "\\u", c.code, 4);
    } else {
      quoted.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return quoted + "\"";
}

std::string bad_escape_message(std::string_view escape) { return "invalid URL escape " + quote(escape); }

}  // namespace

Result<void> Form::parse(std::string_view encoded) {
  std::string problem;
  while (!encoded.empty()) {
    const std::string_view pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
    if (pair.find(';') != std::string_view::npos) {
      problem = "invalid semicolon separator in query";  // also instead of an earlier bad escape
      continue;
    }
    if (pair.empty()) continue;
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(name.size() + 1, pair.size()));
    std::optional<std::string_view> bad = find_bad_escape(name);
    if (!bad) bad = find_bad_escape(value);
    if (bad) {
      if (problem.empty()) problem = bad_escape_message(*bad);
      continue;
    }
    if (fields_.size() == kMaxFormFields) return Error{Code::kInvalidArgument, "http: too many form fields"};
    fields_.push_back({decode(name), decode(value)});
  }
  if (!problem.empty()) return Error{Code::kInvalidArgument, std::move(problem)};
  return {};
}

const std::string* Form::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

std::vector<std::string> Form::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Field& field : fields_) {
    if (field.name == name) values.push_back(field.value);
  }
  return values;
}

}  // namespace viaduct::net
