#include "test/cluster/history.h"

namespace viaduct::cluster_test {
namespace {

const char* name_of(Action action) {
  switch (action) {
    case Action::kPut:
      return "put";
    case Action::kCompareAndPut:
      return "compare-and-put";
    case Action::kDelete:
      return "delete";
    case Action::kCompareAndDelete:
      return "compare-and-delete";
    case Action::kRead:
      return "read";
    case Action::kLocalRead:
      return "local read";
  }
  return "";
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone:
      return "done";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kUnknown:
      return "unknown";
  }
  return "";
}

std::string describe(const std::optional<Version>& version) {
  if (!version) return "nothing";
  return version->value + "@" + std::to_string(version->modified) + "(created " + std::to_string(version->created) +
         ")";
}

std::string microseconds(Time time) {
  if (time == Time::max()) return "never";
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

}  // namespace

bool Expected::holds(const std::optional<Version>& version) const {
  if (modified) return version && version->modified == *modified;
  if (value) return version && version->value == *value;
  return !version;
}

std::string describe(const Operation& operation) {
  std::string text = std::string(name_of(operation.action)) + " ";
  for (const std::string& key : operation.keys) text += key + " ";
  if (!operation.value.empty()) text += "= " + operation.value + " ";
  if (operation.expected) {
    const Expected& expected = *operation.expected;
    text += "if " + (expected.modified ? "@" + std::to_string(*expected.modified) : expected.value.value_or("absent")) +
            " ";
  }
  text += std::string(name_of(operation.outcome)) + " at " + std::to_string(operation.position);
  for (const auto& seen : operation.seen) text += ", saw " + describe(seen);
  if (operation.says_previous) text += ", before " + describe(operation.previous);
  return text + " [client " + std::to_string(operation.client) + ", member " + std::to_string(operation.member) + ", " +
         microseconds(operation.called) + " to " + microseconds(operation.returned) + " us]";
}

std::string describe(const Event& event) {
  return "@" + std::to_string(event.position) + " " + event.key + " = " + describe(event.version);
}

}  // namespace viaduct::cluster_test
