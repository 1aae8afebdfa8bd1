// The parameters of a /v2/keys request, validated in etcd's order (v2-api.md 1.2 to 1.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::net {
class Form;
}

namespace viaduct::v2 {

enum class Method { kGet, kHead, kPut, kPost, kDelete };

struct KeyParams {
  bool recursive = false;
  bool sorted = false;
  bool quorum = false;
  bool wait = false;
  bool stream = false;
  bool dir = false;
  bool refresh = false;
  bool no_value_on_success = false;
  std::optional<bool> prev_exist;
  uint64_t wait_index = 0;  // 0: absent
  uint64_t prev_index = 0;  // 0: absent
  std::optional<uint64_t> ttl_seconds;
  std::optional<std::string> prev_value;
  std::string value;
};

// A refused request: the code of the v2 API and the cause, as the first failing check names them.
struct ParamError {
  int code = 0;
  std::string cause;
};

// Reads and checks all parameters. True on success, else `error` says why. `form` gives the first value of each name,
// the body's before the query's.
bool parse_params(const net::Form& form, Method method, KeyParams& params, ParamError& error);

// Exactly the spellings that etcd takes: 1 t T TRUE true True 0 f F FALSE false False.
std::optional<bool> parse_bool(std::string_view text);

// Decimal digits only, at most 2^64 - 1.
std::optional<uint64_t> parse_uint64(std::string_view text);

}  // namespace viaduct::v2
