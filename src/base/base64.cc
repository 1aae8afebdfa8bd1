#include "base/base64.h"

#include <array>
#include <cstdint>

namespace viaduct {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xff;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kDigits[i])] = i;
  return values;
}();

constexpr uint8_t value_of(char digit) { return kValues[static_cast<unsigned char>(digit)]; }
constexpr bool is_line_break(char c) { return c == '\n' || c == '\r'; }

// Four digits to three bytes, as long as nothing but digits comes. Returns how much of `text` that was.
size_t append_whole_groups(std::string& to, std::string_view text) {
  size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const uint8_t a = value_of(text[at]), b = value_of(text[at + 1]);
    const uint8_t c = value_of(text[at + 2]), d = value_of(text[at + 3]);
    if ((a | b | c | d) & 0xc0) break;
    const char group[] = {static_cast<char>(a << 2 | b >> 4), static_cast<char>(b << 4 | c >> 2),
                          static_cast<char>(c << 6 | d)};
    to.append(group, 3);
  }
  return at;
}

// One group of up to four digits, with the breaks and the padding that it may have.
class Group {
 public:
  Group(std::string_view text, size_t at) : text_(text), at_(at) {}

  // Where the text is wrong; nothing when the group was read.
  std::optional<size_t> read() {
    for (count_ = 0; count_ < 4;) {
      if (at_ == text_.size()) return count_ == 0 ? std::nullopt : std::optional(at_ - count_);
      const char c = text_[at_++];
      if (is_line_break(c)) continue;
      if (value_of(c) == kNone) return c == '=' ? read_padding() : std::optional(at_ - 1);
      bits_ = bits_ << 6 | value_of(c);
      ++count_;
    }
    return std::nullopt;
  }

  void append_to(std::string& to) const {
    const uint32_t bits = bits_ << 6 * (4 - count_);
    for (int i = 0; i + 1 < count_; ++i) to += static_cast<char>(bits >> (16 - 8 * i));
  }
  size_t end() const { return at_; }

 private:
  std::optional<size_t> read_padding() {
    if (count_ < 2) return at_ - 1;
    if (count_ == 2) {  // a second one must follow
      skip_line_breaks();
      if (at_ == text_.size()) return at_;
      if (text_[at_] != '=') return at_ - 1;
      ++at_;
    }
    skip_line_breaks();
    if (at_ < text_.size()) return at_;
    return std::nullopt;
  }
  void skip_line_breaks() {
    while (at_ < text_.size() && is_line_break(text_[at_])) ++at_;
  }

  std::string_view text_;
  size_t at_;
  int count_ = 0;
  uint32_t bits_ = 0;
};

}  // namespace

void append_base64(std::string& to, std::string_view bytes) {
  const size_t start = to.size();
  to.resize(start + (bytes.size() + 2) / 3 * 4);
  char* out = to.data() + start;
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])); };
  size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    *out++ = kDigits[group >> 18];
    *out++ = kDigits[group >> 12 & 63];
    *out++ = kDigits[group >> 6 & 63];
    *out++ = kDigits[group & 63];
  }
  const size_t rest = bytes.size() - at;
  if (rest == 0) return;
  const uint32_t group = byte(at) << 16 | (rest == 2 ? byte(at + 1) << 8 : 0);
  *out++ = kDigits[group >> 18];
  *out++ = kDigits[group >> 12 & 63];
  *out++ = rest == 2 ? kDigits[group >> 6 & 63] : '=';
  *out++ = '=';
}

std::optional<size_t> append_from_base64(std::string& to, std::string_view text) {
  to.reserve(to.size() + text.size() / 4 * 3);
  size_t at = 0;
  while (true) {
    at += append_whole_groups(to, text.substr(at));
    if (at == text.size()) return std::nullopt;
    Group group(text, at);
    if (const auto wrong = group.read()) return wrong;
    group.append_to(to);
    at = group.end();
  }
}

}  // namespace viaduct
