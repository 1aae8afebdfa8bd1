#include "v2/params.h"

#include <array>
#include <charconv>

#include "net/form.h"
#include "v2/errors.h"

namespace viaduct::v2 {
namespace {

// Checks the parameters one after another; the first that fails is the answer and the rest are not looked at.
class Checker {
 public:
  Checker(const net::Form& form, ParamError& error) : form_(form), error_(error) {}

  bool index(std::string_view name, uint64_t& to) {
    const std::string* text = form_.find(name);
    if (!text) return true;
    const std::optional<uint64_t> number = parse_uint64(*text);
    if (!number) return fail(kIndexNotNumber, quoted(name));
    to = *number;
    return true;
  }

  bool flag(std::string_view name, bool& to) {
    const std::string* text = form_.find(name);
    if (!text) return true;
    const std::optional<bool> value = parse_bool(*text);
    if (!value) return fail(kInvalidField, quoted(name));
    to = *value;
    return true;
  }

  // prevExist and refresh are reported without the inner quotes.
  bool plain_flag(std::string_view name, std::optional<bool>& to) {
    const std::string* text = form_.find(name);
    if (!text) return true;
    to = parse_bool(*text);
    return to.has_value() || fail(kInvalidField, "invalid value for " + std::string(name));
  }

  bool ttl(std::optional<uint64_t>& to) {
    const std::string* text = form_.find("ttl");
    if (!text || text->empty()) return true;
    to = parse_uint64(*text);
    return to.has_value() || fail(kTtlNotNumber, quoted("ttl"));
  }

  bool fail(int code, std::string cause) {
    error_ = {code, std::move(cause)};
    return false;
  }

 private:
  static std::string quoted(std::string_view name) { return "invalid value for \"" + std::string(name) + '"'; }

  const net::Form& form_;
  ParamError& error_;
};

bool check_wait(Checker& check, Method method, const KeyParams& params) {
  if (!params.wait || method == Method::kGet) return true;
  return check.fail(kInvalidField, "\"wait\" can only be used with GET requests");
}

bool read_prev_value(Checker& check, const net::Form& form, KeyParams& params) {
  const std::string* text = form.find("prevValue");
  if (!text) return true;
  if (text->empty()) return check.fail(kPrevValueRequired, "\"prevValue\" cannot be empty");
  params.prev_value = *text;
  return true;
}

bool check_refresh(Checker& check, const KeyParams& params) {
  if (!params.refresh) return true;
  if (!params.value.empty()) return check.fail(kRefreshValue, "A value was provided on a refresh");
  if (!params.ttl_seconds) return check.fail(kRefreshTtlRequired, "No TTL value set");
  return true;
}

}  // namespace

bool parse_params(const net::Form& form, Method method, KeyParams& params, ParamError& error) {
  if (const std::string* value = form.find("value")) params.value = *value;
  if (form.size() == 0) return true;
  Checker check(form, error);
  std::optional<bool> refresh;
  const bool ok = check.index("prevIndex", params.prev_index) && check.index("waitIndex", params.wait_index) &&
                  check.flag("recursive", params.recursive) && check.flag("sorted", params.sorted) &&
                  check.flag("wait", params.wait) && check.flag("dir", params.dir) &&
                  check.flag("quorum", params.quorum) && check.flag("stream", params.stream) &&
                  check_wait(check, method, params) && read_prev_value(check, form, params) &&
                  check.flag("noValueOnSuccess", params.no_value_on_success) && check.ttl(params.ttl_seconds) &&
                  check.plain_flag("prevExist", params.prev_exist) && check.plain_flag("refresh", refresh);
  if (!ok) return false;
  params.refresh = refresh.value_or(false);
  return check_refresh(check, params);
}

std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  for (const std::string_view spelling : kTrue) {
    if (text == spelling) return true;
  }
  for (const std::string_view spelling : kFalse) {
    if (text == spelling) return false;
  }
  return std::nullopt;
}

std::optional<uint64_t> parse_uint64(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace viaduct::v2
