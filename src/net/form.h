// Query strings and form bodies, by the rules of Go's url.ParseQuery, which v2 clients rely on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace viaduct::net {

inline constexpr size_t kMaxFormFields = 1024;

// The names and values of one request: parse its body first, then its query, so that the body's values win.
class Form {
 public:
  // Adds what `encoded` has, also when a part of it is wrong.
  // Errors: kInvalidArgument with the text a client sees: `invalid semicolon separator in query`,
  //         `invalid URL escape "%zz"`, `http: too many form fields` (more than kMaxFormFields in all).
  Result<void> parse(std::string_view encoded);

  const std::string* find(std::string_view name) const;       // the first value; null if there is none
  std::vector<std::string> all(std::string_view name) const;  // every value, in order
  size_t size() const { return fields_.size(); }

 private:
  struct Field {
    std::string name;
    std::string value;
  };

  std::vector<Field> fields_;
};

}  // namespace viaduct::net
