// Finds JSON values in text that comes in pieces, by the rules and with the complaints of Go's encoding/json, which
// clients of etcd's gateway see. No recursion; what a client can make it hold is bounded by the text, 16 bytes for each
// value, and kMaxJsonDepth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace viaduct::v3 {

inline constexpr size_t kMaxJsonDepth = 64;

// A value as the text has it. The values of a document stand in the order of the text: an object is followed by its
// names and members in turn, an array by its elements.
struct JsonNode {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  uint32_t begin, end;  // in the text, quotes and brackets included
  uint32_t next;        // the node behind this one and all that it holds
  Kind kind;
};

// One value, borrowed from the scanner that found it.
struct JsonDocument {
  std::string_view text;
  const std::vector<JsonNode>* nodes;  // at least one

  const JsonNode& node(uint32_t index) const { return (*nodes)[index]; }
  std::string_view raw(uint32_t index) const {
    return text.substr(node(index).begin, node(index).end - node(index).begin);
  }
  // A string without quotes, as written.
  std::string_view inner(uint32_t index) const { return raw(index).substr(1, raw(index).size() - 2); }
};

// What a JSON string means: escapes resolved, half surrogates and invalid UTF-8 as U+FFFD.
std::string unescape_json(std::string_view inner);

class JsonScanner {
 public:
  enum class Found { kValue, kNothing, kError };

  void append(Bytes text) { text_.append(text); }
  void take(std::string text) { text_ = std::move(text); }  // the same for an empty scanner, without a copy

  // Looks for the next value in what was appended. kNothing: more text is needed. kError: see error(), and nothing
  // follows.
  Found next();
  // The same when no text follows. kNothing: only white space was left.
  Found last();

  JsonDocument document() const { return {text_, &nodes_}; }  // after kValue, until the next call
  const std::string& error() const { return error_; }
  size_t value_bytes() const { return at_ - begin_; }  // of the value found or begun, with the white space before it

 private:
  enum class State : uint8_t {
    kValue,
    kElementOrEnd,
    kNameOrEnd,
    kName,
    kColon,
    kAfterMember,
    kAfterElement,  // between tokens
    kString,
    kEscape,
    kHex,
    kLiteral,
    kMinus,
    kZero,
    kDigits,
    kPoint,
    kFraction,
    kExponent,
    kExponentSign,
    kExponentDigits,
    kDone,
    kFailed,
  };

  void restart();
  void step(unsigned char c);
  void step_between(unsigned char c);
  void step_string(unsigned char c);
  void step_number(unsigned char c);
  void step_literal(unsigned char c);
  void begin_value(unsigned char c);
  void begin_token(JsonNode::Kind kind, State state);
  void begin_literal(JsonNode::Kind kind, const char* literal);
  void end_token();
  void open(JsonNode::Kind kind, State state);
  void close();
  void after_value();
  void pass(State state);  // takes the byte
  void fail(unsigned char c, std::string_view context);
  bool is_between_tokens() const { return state_ <= State::kAfterElement; }
  bool is_number_complete() const;

  std::string text_;
  std::vector<JsonNode> nodes_;
  std::vector<uint32_t> open_;  // arrays and objects around, outermost first
  std::string error_;
  const char* literal_ = nullptr;
  uint32_t begin_ = 0;  // of the value, or of the white space before it
  uint32_t at_ = 0;     // next byte to look at
  State state_ = State::kValue;
  uint8_t count_ = 0;  // digits of a \u escape still to come; letters of a literal seen
  bool name_ = false;  // the string being read is a name
};

// Go's complaint when `text` is not just one JSON value; else nothing, and `kind` is what it is.
std::string check_json(std::string_view text, JsonNode::Kind& kind);

}  // namespace viaduct::v3
