#include "server/flags_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace viaduct::server {
namespace {

Error parse_error() { return Error{Code::kInvalidArgument, "parse error"}; }

// Takes the prefix that names the base; a lone 0 is decimal.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char mark = static_cast<char>(digits[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
  digits.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  return base;
}

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};
constexpr std::array<Unit, 8> kUnits = {
    Unit{"ns", 1},        {"us", 1'000},        {"\xc2\xb5s", 1'000},  // micro sign
    {"\xce\xbcs", 1'000},                                              // Greek mu
    {"ms", 1'000'000},    {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_number_part(char c) { return is_digit(c) || c == '.'; }

// The number before a unit, such as the 1.5 of 1.5h.
std::optional<long double> take_number(std::string_view& text) {
  const size_t end = std::find_if_not(text.begin(), text.end(), is_number_part) - text.begin();
  const std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  if (std::count(number.begin(), number.end(), '.') > 1 || std::none_of(number.begin(), number.end(), is_digit)) {
    return std::nullopt;
  }
  long double value = 0;
  long double scale = 1;
  bool fraction = false;
  for (const char c : number) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    value = value * 10 + (c - '0');
    if (fraction) scale *= 10;
  }
  return value / scale;
}

}  // namespace

Result<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return parse_error();
}

Result<uint64_t> parse_unsigned(std::string_view text) {
  std::string_view digits = text;
  const int base = take_base(digits);
  uint64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end != digits.data() + digits.size() || status == std::errc::invalid_argument) return parse_error();
  if (status == std::errc::result_out_of_range) return Error{Code::kInvalidArgument, "value out of range"};
  return value;
}

Result<int64_t> parse_signed(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  VIADUCT_TRY_ASSIGN(magnitude, parse_unsigned(text));
  const uint64_t limit = uint64_t{1} << 63;
  if (magnitude > limit - (negative ? 0 : 1)) return Error{Code::kInvalidArgument, "value out of range"};
  return static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto wrong = [whole = std::string(text)](const std::string& what) {
    return Error{Code::kInvalidArgument, "time: " + what + " duration " + quote(whole)};
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return wrong("invalid");
  long double sum = 0;
  while (!rest.empty()) {
    const std::optional<long double> number = take_number(rest);
    if (!number) return wrong("invalid");
    const size_t end = std::find_if(rest.begin(), rest.end(), is_number_part) - rest.begin();
    const std::string_view name = rest.substr(0, end);
    if (name.empty()) return wrong("missing unit in");
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == name; });
    if (unit == kUnits.end()) return wrong("unknown unit " + quote(name) + " in");
    sum += *number * unit->nanoseconds;
    rest.remove_prefix(end);
  }
  if (sum >= 9'223'372'036'854'775'807.0L) return wrong("invalid");
  const auto count = static_cast<int64_t>(std::llroundl(sum));
  return std::chrono::nanoseconds(negative ? -count : count);
}

std::string trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace viaduct::server
