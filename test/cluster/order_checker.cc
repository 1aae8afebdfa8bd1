#include "test/cluster/order_checker.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace viaduct::cluster_test {
namespace {

using PlaceOfValue = std::unordered_map<std::string, std::vector<uint64_t>>;  // value -> positions, one per write

// Keys written together share a position.
PlaceOfValue places_of_values(const Replay& replay) {
  PlaceOfValue places;
  for (const Event& event : replay.log()) {
    if (!event.version) continue;
    std::vector<uint64_t>& positions = places[event.version->value];
    if (positions.empty() || positions.back() != event.position) positions.push_back(event.position);
  }
  return places;
}

// The write must stand in the log, for each of its keys.
void check_done_write(const Operation& write, const Replay& replay, Violations& violations) {
  for (const std::string& key : write.keys) {
    const Event* event = replay.event(key, write.position);
    const bool there =
        event && (write.erases() ? !event->version : event->version && event->version->value == write.value);
    if (!there) violations.add("INV-D1", "acknowledged, but not in the log: " + describe(write));
  }
  const std::optional<Version> before = replay.at(write.keys.front(), write.position - 1);
  if (write.expected && !write.expected->holds(before)) {
    violations.add("INV-L5", "the compare was false: " + describe(write));
  }
  if (write.says_previous && write.previous != before) {
    violations.add("INV-L7", "the key was something else before: " + describe(write));
  }
}

void check_refused(const Operation& operation, const Replay& replay, Violations& violations) {
  const std::optional<Version> then = replay.at(operation.keys.front(), operation.position);
  const bool rightly = operation.expected ? !operation.expected->holds(then) : !then;
  if (!rightly) violations.add("INV-L5", "refused, though the state was as asked: " + describe(operation));
}

void check_read(const Operation& read, const Replay& replay, Violations& violations) {
  for (size_t i = 0; i < read.keys.size(); ++i) {
    if (read.seen.at(i) == replay.at(read.keys[i], read.position)) continue;
    violations.add("INV-L4", "a state that was not so at that position: " + describe(read));
  }
}

// Values are written once, by the operation that has them, and by none that was refused.
void check_values(const std::vector<Operation>& operations, const PlaceOfValue& places, Violations& violations) {
  std::unordered_map<std::string, const Operation*> writer;
  for (const Operation& operation : operations) {
    if (operation.is_write() && !operation.erases()) writer[operation.value] = &operation;
  }
  for (const auto& [value, positions] : places) {
    const auto found = writer.find(value);
    if (found == writer.end()) {
      violations.add("INV-L2", "in the log, but nobody wrote it: " + value + "@" + std::to_string(positions.front()));
    } else if (positions.size() > 1) {
      violations.add("INV-L2",
                     "took effect " + std::to_string(positions.size()) + " times: " + describe(*found->second));
    } else if (found->second->outcome == Outcome::kRefused) {
      violations.add("INV-L2", "refused, but in the log: " + describe(*found->second));
    }
  }
}

// (key, position) of the deletes in the log that no acknowledged delete explains.
std::multimap<std::string, uint64_t> unclaimed_deletes(const std::vector<Operation>& operations, const Replay& replay) {
  std::map<std::pair<std::string, uint64_t>, bool> claimed;
  for (const Operation& one : operations) {
    if (one.erases() && one.outcome == Outcome::kDone) claimed[{one.keys.front(), one.position}] = true;
  }
  std::multimap<std::string, uint64_t> unclaimed;
  for (const Event& event : replay.log()) {
    if (!event.version && !claimed.contains({event.key, event.position})) unclaimed.emplace(event.key, event.position);
  }
  return unclaimed;
}

std::map<std::string, size_t> unknown_deletes(const std::vector<Operation>& operations) {
  std::map<std::string, size_t> unknown;
  for (const Operation& one : operations) {
    if (one.erases() && one.outcome == Outcome::kUnknown) ++unknown[one.keys.front()];
  }
  return unknown;
}

// Each delete in the log needs somebody who asked for it.
void check_deletes(const std::vector<Operation>& operations, const Replay& replay, Violations& violations) {
  std::map<std::string, size_t> unknown = unknown_deletes(operations);
  for (const auto& [key, position] : unclaimed_deletes(operations, replay)) {
    size_t& left = unknown[key];
    if (left == 0) {
      violations.add("INV-L2", "nobody asked for the delete of " + key + " at " + std::to_string(position));
    } else {
      --left;
    }
  }
}

// Settles unknown operations, one at a time.
class Settler {
 public:
  Settler(const std::vector<Operation>& operations, const Replay& replay)
      : places_(places_of_values(replay)),
        deletes_(unclaimed_deletes(operations, replay)),
        unknown_deletes_(unknown_deletes(operations)) {}

  // False: it has never taken effect, or only read.
  bool settle(Operation& one) const {
    if (!one.is_write()) return false;
    return one.erases() ? settle_delete(one) : settle_put(one);
  }

 private:
  bool settle_put(Operation& put) const {
    const auto found = places_.find(put.value);
    if (found == places_.end()) return false;
    settle_at(found->second.front(), put);
    return true;
  }

  bool settle_delete(Operation& erase) const {
    const std::string& key = erase.keys.front();
    if (!deletes_.contains(key)) return false;
    if (deletes_.count(key) == 1 && unknown_deletes_.at(key) == 1) settle_at(deletes_.find(key)->second, erase);
    return true;
  }

  static void settle_at(uint64_t position, Operation& one) {
    one.position = position;
    one.outcome = Outcome::kDone;
    one.returned = Time::max();
  }

  PlaceOfValue places_;
  std::multimap<std::string, uint64_t> deletes_;
  std::map<std::string, size_t> unknown_deletes_;
};

}  // namespace

// Whatever ended before another began has no later position, and an earlier one than a write. A local read may lag, yet
// what it showed has happened.
void check_real_time(const std::vector<Operation>& operations, Violations& violations) {
  std::vector<const Operation*> by_call, by_return;
  for (const Operation& operation : operations) {
    if (operation.outcome == Outcome::kUnknown) continue;
    if (operation.action != Action::kLocalRead) by_call.push_back(&operation);
    if (operation.returned != Time::max()) by_return.push_back(&operation);
  }
  std::ranges::sort(by_call, {}, &Operation::called);
  std::ranges::sort(by_return, {}, &Operation::returned);
  const Operation* latest = nullptr;  // of the highest position among those that have ended
  for (auto next = by_return.begin(); const Operation* one : by_call) {
    for (; next != by_return.end() && (*next)->returned < one->called; ++next) {
      if (!latest || (*next)->position > latest->position) latest = *next;
    }
    if (!latest) continue;
    const bool writes = one->is_write() && one->outcome == Outcome::kDone;
    if (one->position < latest->position || (writes && one->position == latest->position)) {
      violations.add("INV-L1", describe(*one) + " began after the end of " + describe(*latest));
    }
  }
}

void check_connections(std::vector<Operation> operations, Violations& violations) {
  std::ranges::sort(operations, {}, &Operation::called);
  std::map<uint64_t, const Operation*> last;
  for (const Operation& one : operations) {
    if (one.outcome == Outcome::kUnknown) continue;
    const Operation*& before = last[one.connection];
    if (before && one.position < before->position && before->returned < one.called) {
      violations.add("INV-L3", describe(one) + " went back behind " + describe(*before));
    }
    if (!before || one.position > before->position) before = &one;
  }
}

void check_order(const std::vector<Operation>& operations, const Replay& replay, Violations& violations) {
  for (const Operation& one : operations) {
    if (one.outcome == Outcome::kUnknown) continue;
    if (one.outcome == Outcome::kRefused) {
      check_refused(one, replay, violations);
    } else if (one.is_write()) {
      check_done_write(one, replay, violations);
    } else {
      check_read(one, replay, violations);
    }
  }
  check_values(operations, places_of_values(replay), violations);
  check_deletes(operations, replay, violations);
  check_real_time(settled(operations, replay), violations);
  check_connections(operations, violations);
}

void check_queue(const std::vector<Event>& log, Violations& violations) {
  std::string last;  // names are padded with zeros, so they sort as their numbers do
  for (const Event& event : log) {
    if (!event.version) continue;
    if (event.key <= last) violations.add("INV-L6", describe(event) + " came after " + last);
    last = event.key;
  }
}

std::vector<Operation> settled(const std::vector<Operation>& operations, const Replay& replay) {
  const Settler settler(operations, replay);
  std::vector<Operation> result;
  for (Operation one : operations) {
    if (one.outcome != Outcome::kUnknown || settler.settle(one)) result.push_back(std::move(one));
  }
  return result;
}

}  // namespace viaduct::cluster_test
