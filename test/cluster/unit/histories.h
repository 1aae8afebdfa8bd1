// Short ways to write histories down: times are milliseconds, keys are one letter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test/cluster/history.h"

namespace viaduct::cluster_test {

inline Time at_ms(int ms) { return Time(std::chrono::milliseconds(1'000'000 + ms)); }

inline Operation operation(Action action, Outcome outcome, int called_ms, int returned_ms) {
  Operation one;
  one.action = action;
  one.outcome = outcome;
  one.keys = {"a"};
  one.called = at_ms(called_ms);
  one.returned = outcome == Outcome::kUnknown ? Time::max() : at_ms(returned_ms);
  return one;
}

inline Operation put(const std::string& value, int called_ms, int returned_ms, uint64_t position) {
  Operation one = operation(Action::kPut, Outcome::kDone, called_ms, returned_ms);
  one.value = value;
  one.position = position;
  return one;
}

inline Operation lost_put(const std::string& value, int called_ms) {
  Operation one = operation(Action::kPut, Outcome::kUnknown, called_ms, 0);
  one.value = value;
  return one;
}

inline Operation read(const std::string& value, int called_ms, int returned_ms, uint64_t position, uint64_t modified,
                      uint64_t created) {
  Operation one = operation(Action::kRead, Outcome::kDone, called_ms, returned_ms);
  one.seen = {Version{value, modified, created}};
  one.position = position;
  return one;
}

inline Operation read_nothing(int called_ms, int returned_ms, uint64_t position) {
  Operation one = operation(Action::kRead, Outcome::kDone, called_ms, returned_ms);
  one.seen = {std::nullopt};
  one.position = position;
  return one;
}

inline Operation swap(const std::string& from, const std::string& to, Outcome outcome, int called_ms, int returned_ms,
                      uint64_t position) {
  Operation one = operation(Action::kCompareAndPut, outcome, called_ms, returned_ms);
  one.value = to;
  one.expected = Expected{std::nullopt, from};
  one.position = position;
  return one;
}

inline Operation erase(Outcome outcome, int called_ms, int returned_ms, uint64_t position) {
  Operation one = operation(Action::kDelete, outcome, called_ms, returned_ms);
  one.position = position;
  return one;
}

inline Event set(uint64_t position, const std::string& value, uint64_t created, const std::string& key = "a") {
  return {position, key, Version{value, position, created}};
}

inline Event erased(uint64_t position, const std::string& key = "a") { return {position, key, std::nullopt}; }

}  // namespace viaduct::cluster_test
