#include "base/json_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/utf8.h"

namespace viaduct {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_escaped_ascii(std::string& to, unsigned char c) {
  switch (c) {
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      break;
  }
  to += "\\u00";
  to += kHex[c >> 4];
  to += kHex[c & 15];
}

bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

// Eight bytes in one word (Lamport's SWAR): the top bit of each byte that is below `bound`, equal to `c`, ...
constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kTops = 0x8080808080808080;
constexpr uint64_t below(uint64_t word, uint64_t bound) { return (word - kOnes * bound) & ~word & kTops; }
constexpr uint64_t equal(uint64_t word, uint64_t c) { return below(word ^ (kOnes * c), 1); }

// Might one of these eight bytes not be plain? One bit apart are < and >, as are " and &.
constexpr bool has_special(uint64_t word) {
  return ((word & kTops) | below(word, 0x20) | equal(word, '\\') | equal(word | kOnes * 0x02, '>') |
          equal(word | kOnes * 0x04, '&')) != 0;
}

// How many bytes from the front need no escape.
size_t plain_prefix(std::string_view text) {
  size_t length = 0;
  for (; length + sizeof(uint64_t) <= text.size(); length += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + length, sizeof word);
    if (has_special(word)) break;
  }
  while (length < text.size() && is_plain(static_cast<unsigned char>(text[length]))) ++length;
  return length;
}

// One multi-byte character or one invalid byte; returns the bytes taken.
size_t append_wide(std::string& to, std::string_view rest) {
  const size_t length = utf8_length(rest);
  if (length == 0) {
    to += "\\ufffd";
    return 1;
  }
  const std::string_view character = rest.substr(0, length);
  if (character == "\xe2\x80\xa8") {
    to += "\\u2028";
  } else if (character == "\xe2\x80\xa9") {
    to += "\\u2029";
  } else {
    to += character;
  }
  return length;
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  size_t i = 0;
  while (i < text.size()) {
    const size_t plain = plain_prefix(text.substr(i));
    to.append(text, i, plain);
    i += plain;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      append_escaped_ascii(to, c);
      ++i;
    } else {
      i += append_wide(to, text.substr(i));
    }
  }
  to += '"';
}

void append_json_list(std::string& to, const std::vector<std::string>& texts) {
  to += '[';
  for (const std::string& text : texts) {
    if (to.back() != '[') to += ',';
    append_json_string(to, text);
  }
  to += ']';
}

void append_number(std::string& to, uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, end);
}

void append_signed(std::string& to, int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, end);
}

// The fewest digits that say it exactly; with an exponent only far from one.
void append_double(std::string& to, double number) {
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  char digits[40];
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, number, format).ptr);
  if (const size_t exponent = text.find("e-0"); exponent != text.npos) text.erase(exponent + 2, 1);
  to += text;
}

}  // namespace viaduct
