// The outcome of something that the world can make fail: a value, or an Error with one Code per distinct reaction.
// Mirrors std::expected, which may replace it one day. A failure of our own logic is an assert instead.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace viaduct {

enum class Code {
  kInvalidArgument,  // the caller's input is wrong; the message names the field, the limit and the reason
  kNotFound,         // the thing asked for does not exist
  kAlreadyExists,    // the thing to be made exists
  kCompacted,        // the revision or index asked for is no longer kept
  kFutureRevision,   // the revision asked for is not there yet
  kTooLarge,         // beyond a size limit; nothing was done
  kTooManyRequests,  // a queue is full; nothing was done, a later try may pass
  kNoSpace,          // ENOSPC or EDQUOT
  kIo,               // any other error of the disk; final for the file that reported it
  kCorrupt,          // durable state cannot be trusted; the message has file and offset
  kLocked,           // another process holds it
  kUnavailable,      // no leader, stopping, or not ready
};

struct Error {
  Code code;
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    assert(has_value());
    return std::get<0>(state_);
  }
  const T& value() const& {
    assert(has_value());
    return std::get<0>(state_);
  }
  T&& value() && {
    assert(has_value());
    return std::get<0>(std::move(state_));
  }
  const Error& error() const& {
    assert(!has_value());
    return std::get<1>(state_);
  }
  Error&& error() && {
    assert(!has_value());
    return std::get<1>(std::move(state_));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const Error& error() const& {
    assert(error_);
    return *error_;
  }
  Error&& error() && {
    assert(error_);
    return *std::move(error_);
  }

 private:
  std::optional<Error> error_;
};

// Durable state cannot be trusted, or must not be touched any more: says why on the log and ends the process at once,
// without running destructors that might write (CC-4). Exit status 1.
[[noreturn]] void fatal(const std::string& message);

}  // namespace viaduct

// Leaves the function with the error of `expression` when it has one.
#define VIADUCT_TRY(expression)                                                               \
  do {                                                                                        \
    if (auto viaduct_try = (expression); !viaduct_try) return std::move(viaduct_try).error(); \
  } while (false)

// Declares `name` with the value of `expression`, or leaves the function with its error.
#define VIADUCT_TRY_ASSIGN(name, expression)                       \
  auto name##_or_error = (expression);                             \
  if (!name##_or_error) return std::move(name##_or_error).error(); \
  auto name = std::move(name##_or_error).value()
