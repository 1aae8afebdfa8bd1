#include "v3/json_scanner.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace viaduct::v3 {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool is_space(unsigned char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

int hex_value(unsigned char c) {
  if (is_digit(c)) return c - '0';
  const unsigned char lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// As Go writes the character with this number in single quotes.
std::string quote_byte(unsigned char c) {
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\'", kLetters = "abfnrtv\\'";
  constexpr char kHex[] = "0123456789abcdef";
  if (const size_t i = kEscaped.find(static_cast<char>(c)); i != kEscaped.npos) return {'\'', '\\', kLetters[i], '\''};
  if (c >= 0x20 && c < 0x7f) return {'\'', static_cast<char>(c), '\''};
  if (c < 0x80) return {'\'', '\\', 'x', kHex[c >> 4], kHex[c & 15], '\''};
  const bool printable = c > 0xa0 && c != 0xad;
  if (!printable) return {'\'', '\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15], '\''};
  return {'\'', static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f)), '\''};
}

void append_utf8(std::string& to, uint32_t c) {
  if (c < 0x80) {
    to += static_cast<char>(c);
  } else if (c < 0x800) {
    to += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
  } else if (c < 0x10000) {
    to += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
           static_cast<char>(0x80 | (c & 0x3f))};
  } else {
    to += {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3f)),
           static_cast<char>(0x80 | (c >> 6 & 0x3f)), static_cast<char>(0x80 | (c & 0x3f))};
  }
}

// The unit that `text` starts with, as \uXXXX; 0 when it starts with none.
uint32_t utf16_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return 0;
  uint32_t unit = 0;
  for (size_t i = 2; i < 6; ++i) unit = unit << 4 | static_cast<uint32_t>(hex_value(text[i]));
  return unit;
}

// Of one or two \uXXXX; returns the length.
size_t append_unicode_escape(std::string& to, std::string_view text) {
  const uint32_t unit = utf16_unit(text);
  if (unit < 0xd800 || unit > 0xdfff) {
    append_utf8(to, unit);
    return 6;
  }
  const uint32_t second = utf16_unit(text.substr(6));
  if (unit < 0xdc00 && second >= 0xdc00 && second <= 0xdfff) {
    append_utf8(to, 0x10000 + ((unit - 0xd800) << 10 | (second - 0xdc00)));
    return 12;
  }
  to += kReplacement;
  return 6;
}

size_t append_escape(std::string& to, std::string_view text) {
  constexpr std::string_view kLetters = "bfnrt", kMeant = "\b\f\n\r\t";
  if (text[1] == 'u') return append_unicode_escape(to, text);
  const size_t i = kLetters.find(text[1]);
  to += i == kLetters.npos ? text[1] : kMeant[i];
  return 2;
}

// One character, or one byte that is none.
size_t append_wide(std::string& to, std::string_view text) {
  const size_t length = utf8_length(text);
  to += length == 0 ? kReplacement : text.substr(0, length);
  return length == 0 ? 1 : length;
}

size_t plain_prefix(std::string_view text) {
  const auto special = std::find_if(text.begin(), text.end(), [](char c) { return c == '\\' || c < 0; });
  return static_cast<size_t>(special - text.begin());
}

}  // namespace

std::string unescape_json(std::string_view inner) {
  std::string text;
  text.reserve(inner.size());
  while (true) {
    const size_t plain = plain_prefix(inner);
    text += inner.substr(0, plain);
    inner.remove_prefix(plain);
    if (inner.empty()) return text;
    inner.remove_prefix(inner[0] == '\\' ? append_escape(text, inner) : append_wide(text, inner));
  }
}

JsonScanner::Found JsonScanner::next() {
  if (state_ == State::kDone) restart();
  while (at_ < text_.size() && state_ < State::kDone) step(static_cast<unsigned char>(text_[at_]));
  if (state_ == State::kFailed) return Found::kError;
  return state_ == State::kDone ? Found::kValue : Found::kNothing;
}

JsonScanner::Found JsonScanner::last() {
  const Found found = next();
  if (found != Found::kNothing || (nodes_.empty() && state_ == State::kValue)) return found;
  if (open_.empty() && is_number_complete()) {
    end_token();
    return Found::kValue;
  }
  error_ = "unexpected EOF";
  state_ = State::kFailed;
  return Found::kError;
}

void JsonScanner::restart() {
  begin_ = at_;
  if (begin_ > text_.size() / 2) {  // not for each of many small values
    text_.erase(0, begin_);
    begin_ = at_ = 0;
  }
  nodes_.clear();
  state_ = State::kValue;
}

void JsonScanner::step(unsigned char c) {
  if (is_between_tokens()) return step_between(c);
  if (state_ <= State::kHex) return step_string(c);
  if (state_ == State::kLiteral) return step_literal(c);
  step_number(c);
}

void JsonScanner::step_between(unsigned char c) {
  if (is_space(c)) {
    ++at_;
    return;
  }
  switch (state_) {
    case State::kElementOrEnd:
      if (c == ']') return close();
      [[fallthrough]];
    case State::kValue:
      return begin_value(c);
    case State::kNameOrEnd:
      if (c == '}') return close();
      [[fallthrough]];
    case State::kName:
      if (c != '"') return fail(c, "looking for beginning of object key string");
      name_ = true;
      return begin_token(JsonNode::Kind::kString, State::kString);
    case State::kColon:
      if (c != ':') return fail(c, "after object key");
      return pass(State::kValue);
    case State::kAfterMember:
      if (c == '}') return close();
      if (c != ',') return fail(c, "after object key:value pair");
      return pass(State::kName);
    default:  // kAfterElement
      if (c == ']') return close();
      if (c != ',') return fail(c, "after array element");
      return pass(State::kValue);
  }
}

void JsonScanner::begin_value(unsigned char c) {
  switch (c) {
    case '{':
      return open(JsonNode::Kind::kObject, State::kNameOrEnd);
    case '[':
      return open(JsonNode::Kind::kArray, State::kElementOrEnd);
    case '"':
      name_ = false;
      return begin_token(JsonNode::Kind::kString, State::kString);
    case '-':
      return begin_token(JsonNode::Kind::kNumber, State::kMinus);
    case '0':
      return begin_token(JsonNode::Kind::kNumber, State::kZero);
    case 't':
      return begin_literal(JsonNode::Kind::kBool, "true");
    case 'f':
      return begin_literal(JsonNode::Kind::kBool, "false");
    case 'n':
      return begin_literal(JsonNode::Kind::kNull, "null");
    default:
      if (is_digit(c)) return begin_token(JsonNode::Kind::kNumber, State::kDigits);
      fail(c, "looking for beginning of value");
  }
}

void JsonScanner::step_string(unsigned char c) {
  if (state_ == State::kHex) {
    if (hex_value(c) < 0) return fail(c, "in \\u hexadecimal character escape");
    return pass(--count_ == 0 ? State::kString : State::kHex);
  }
  if (state_ == State::kEscape) {
    count_ = 4;
    if (c == 'u') return pass(State::kHex);
    if (std::string_view("bfnrt\\/\"").find(static_cast<char>(c)) == std::string_view::npos) {
      return fail(c, "in string escape code");
    }
    return pass(State::kString);
  }
  const char* const end = text_.data() + text_.size();
  const char* p = text_.data() + at_;
  while (p != end && static_cast<unsigned char>(*p) >= 0x20 && *p != '"' && *p != '\\') ++p;
  at_ = static_cast<uint32_t>(p - text_.data());
  if (p == end) return;
  if (*p == '\\') return pass(State::kEscape);
  if (*p != '"') return fail(static_cast<unsigned char>(*p), "in string literal");
  ++at_;
  end_token();
}

void JsonScanner::step_literal(unsigned char c) {
  if (c != static_cast<unsigned char>(literal_[count_])) {
    return fail(c, std::string("in literal ") + literal_ + " (expecting '" + literal_[count_] + "')");
  }
  ++at_;
  if (literal_[++count_] == '\0') end_token();
}

// number := "-"? ("0" | [1-9] digit*) ("." digit+)? ([eE] [+-]? digit+)?
void JsonScanner::step_number(unsigned char c) {
  switch (state_) {
    case State::kMinus:
      if (!is_digit(c)) return fail(c, "in numeric literal");
      return pass(c == '0' ? State::kZero : State::kDigits);
    case State::kPoint:
      if (!is_digit(c)) return fail(c, "after decimal point in numeric literal");
      return pass(State::kFraction);
    case State::kExponent:
      if (c == '+' || c == '-') return pass(State::kExponentSign);
      [[fallthrough]];
    case State::kExponentSign:
      if (!is_digit(c)) return fail(c, "in exponent of numeric literal");
      return pass(State::kExponentDigits);
    default:
      break;
  }
  if (is_digit(c) && state_ != State::kZero) return pass(state_);
  const bool whole = state_ == State::kZero || state_ == State::kDigits;
  if (c == '.' && whole) return pass(State::kPoint);
  if ((c == 'e' || c == 'E') && state_ != State::kExponentDigits) return pass(State::kExponent);
  end_token();
}

bool JsonScanner::is_number_complete() const {
  return state_ == State::kZero || state_ == State::kDigits || state_ == State::kFraction ||
         state_ == State::kExponentDigits;
}

void JsonScanner::pass(State state) {
  ++at_;
  state_ = state;
}

void JsonScanner::begin_token(JsonNode::Kind kind, State state) {
  nodes_.push_back({at_, 0, 0, kind});
  pass(state);
}

void JsonScanner::begin_literal(JsonNode::Kind kind, const char* literal) {
  literal_ = literal;
  count_ = 1;
  begin_token(kind, State::kLiteral);
}

void JsonScanner::end_token() {
  nodes_.back().end = at_;
  nodes_.back().next = static_cast<uint32_t>(nodes_.size());
  if (std::exchange(name_, false)) {
    state_ = State::kColon;
  } else {
    after_value();
  }
}

void JsonScanner::open(JsonNode::Kind kind, State state) {
  if (open_.size() == kMaxJsonDepth) return fail(static_cast<unsigned char>(text_[at_]), "exceeded max depth");
  open_.push_back(static_cast<uint32_t>(nodes_.size()));
  begin_token(kind, state);
}

void JsonScanner::close() {
  JsonNode& node = nodes_[open_.back()];
  open_.pop_back();
  node.end = ++at_;
  node.next = static_cast<uint32_t>(nodes_.size());
  after_value();
}

void JsonScanner::after_value() {
  if (open_.empty()) {
    state_ = State::kDone;
  } else {
    state_ = nodes_[open_.back()].kind == JsonNode::Kind::kObject ? State::kAfterMember : State::kAfterElement;
  }
}

void JsonScanner::fail(unsigned char c, std::string_view context) {
  error_ = "invalid character " + quote_byte(c) + ' ';
  error_ += context;
  state_ = State::kFailed;
}

std::string check_json(std::string_view text, JsonNode::Kind& kind) {
  JsonScanner scanner;
  scanner.append(text);
  scanner.append(" ");  // ends a number, and is what Go complains of when one is not complete
  switch (scanner.next()) {
    case JsonScanner::Found::kError:
      return scanner.error();
    case JsonScanner::Found::kNothing:
      return "unexpected end of JSON input";
    case JsonScanner::Found::kValue:
      break;
  }
  kind = scanner.document().node(0).kind;
  for (const char c : text.substr(std::min<size_t>(text.size(), scanner.document().node(0).end))) {
    if (!is_space(static_cast<unsigned char>(c))) {
      return "invalid character " + quote_byte(static_cast<unsigned char>(c)) + " after top-level value";
    }
  }
  return {};
}

}  // namespace viaduct::v3
