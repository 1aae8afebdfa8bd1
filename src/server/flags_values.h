// What was said about each flag of the table, and by whom. Texts are checked when set, so that every reader of a value
// can rely on its form.
// Errors: kInvalidArgument; the message is the reason alone, as Go's flag package words it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "server/flag_table.h"
#include "server/urls.h"

namespace viaduct::server {

struct Notice {  // to be logged once logging is set up
  log::Level level;
  std::string text;
};

enum class Origin { kDefault, kCommandLine, kEnvironment, kFile };

class FlagValues {
 public:
  FlagValues();  // all at their defaults

  // Of an alias, sets the flag that is meant.
  Result<void> set(const Flag& flag, std::string_view text, Origin origin);

  Origin origin(std::string_view name) const;
  bool given(std::string_view name) const { return origin(name) != Origin::kDefault; }
  bool differs_from_default(const Flag& flag) const;

  // The value in the type of its kind; the name must be in the table, the kind must fit.
  const std::string& text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  uint64_t number(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  std::chrono::nanoseconds duration(std::string_view name) const;
  Urls urls(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;  // trimmed parts, each once; none of an empty text

  void notice(log::Level level, std::string text) { notices_.push_back({level, std::move(text)}); }
  const std::vector<Notice>& notices() const { return notices_; }

 private:
  struct Value {
    std::string text;
    Origin origin = Origin::kDefault;
  };
  static size_t slot(std::string_view name);

  std::vector<Value> values_;  // as in flag_table()
  std::vector<Notice> notices_;
};

// Whether `text` is a value of this flag.
Result<void> check_text(const Flag& flag, std::string_view text);

}  // namespace viaduct::server
