#include "test/cluster/v2_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;

constexpr size_t kKeys = 4;
constexpr auto kPatience = 2s;
constexpr int kNotFound = 100, kCompareFailed = 101, kExists = 105;

std::string key_of(uint64_t number) { return std::string(kV2Root) + "/" + std::to_string(number); }

std::optional<Version> version_of(const std::optional<V2Node>& node) {
  if (!node || !node->value) return std::nullopt;
  return Version{*node->value, node->modified, node->created};
}

}  // namespace

void V2Load::run() {
  while (!done()) {
    act();
    sleep_ms(2, 12);
    if (chance(5)) move();
  }
}

void V2Load::read_all() {
  for (uint64_t i = 0; i < kKeys; ++i) read(key_of(i), true);
}

void V2Load::act() {
  const std::string key = key_of(below(kKeys));
  const uint64_t dice = below(100);
  if (dice < 25) return put(key);
  if (dice < 48) return compare_and_put(key);
  if (dice < 54) return erase(key, false);
  if (dice < 60) return erase(key, true);
  if (dice < 66) return post();
  read(key, dice < 85);
}

void V2Load::put(const std::string& key) {
  Operation operation = begin(Action::kPut, {key});
  operation.value = new_value();
  record(operation, ask("PUT", key, "value=" + operation.value));
}

void V2Load::compare_and_put(const std::string& key) {
  Operation operation = begin(Action::kCompareAndPut, {key});
  operation.value = new_value();
  operation.expected.emplace();
  const std::string condition = this->condition(key, *operation.expected);
  record(operation, ask("PUT", key + "?" + condition, "value=" + operation.value));
}

// What it knows of the key, as a query; sometimes what it knew is no longer so.
std::string V2Load::condition(const std::string& key, Expected& expected) {
  const auto known = known_.find(key);
  if (known == known_.end()) return "prevExist=false";
  if (chance(50)) {
    expected.value = known->second.value;
    return "prevValue=" + known->second.value;
  }
  expected.modified = known->second.modified;
  return "prevIndex=" + std::to_string(known->second.modified);
}

void V2Load::erase(const std::string& key, bool compare) {
  if (!compare || !known_.contains(key)) {
    const Operation operation = begin(Action::kDelete, {key});  // before it is sent
    return record(operation, ask("DELETE", key, std::nullopt));
  }
  Operation operation = begin(Action::kCompareAndDelete, {key});
  operation.expected.emplace();
  const std::string condition = this->condition(key, *operation.expected);
  record(operation, ask("DELETE", key + "?" + condition, std::nullopt));
}

void V2Load::post() {
  Operation operation = begin(Action::kPut, {});
  operation.value = new_value();
  const V2Answer answer = ask("POST", kV2Queue, "value=" + operation.value);
  if (answer.success() && answer.node) operation.keys = {answer.node->key};
  record(operation, answer);
}

void V2Load::read(const std::string& key, bool linearizable) {
  Operation operation = begin(linearizable ? Action::kRead : Action::kLocalRead, {key});
  record(operation, ask("GET", key + (linearizable ? "?quorum=true" : ""), std::nullopt));
}

V2Answer V2Load::ask(const std::string& method, const std::string& target, const std::optional<std::string>& form) {
  return client_->call(method, target, form, kPatience);
}

// False: the answer is none of those that there are.
bool V2Load::take_write(Operation& operation, const V2Answer& answer) {
  const bool refused =
      answer.error_code == kNotFound || answer.error_code == kCompareFailed || answer.error_code == kExists;
  if (refused) {
    operation.outcome = Outcome::kRefused;
    operation.position = answer.index;
    known_.erase(operation.keys.front());
    return true;
  }
  if (!answer.success() || !answer.node) return false;
  operation.outcome = Outcome::kDone;
  operation.position = answer.node->modified;
  operation.says_previous = true;
  operation.previous = version_of(answer.previous);
  if (operation.erases()) {
    known_.erase(operation.keys.front());
  } else {
    known_[operation.keys.front()] = {operation.value, answer.node->modified, answer.node->created};
  }
  return true;
}

void V2Load::record(Operation operation, const V2Answer& answer) {
  if (answer.kind == V2Answer::Kind::kNotSent || (answer.unknown() && !operation.is_write())) return move();
  if (answer.unknown()) {
    finish(operation);
    history_.add(std::move(operation));
    return move();
  }
  bool understood = true;
  if (operation.is_write()) {
    understood = take_write(operation, answer);
  } else {
    understood = answer.success() || answer.error_code == kNotFound;
    operation.outcome = Outcome::kDone;
    operation.position = answer.index;
    operation.seen = {version_of(answer.node)};
    if (operation.seen.front()) known_[operation.keys.front()] = *operation.seen.front();
  }
  if (!understood) {
    workload_.complain("v2 answered " + std::to_string(answer.status) + "/" + std::to_string(answer.error_code) +
                       " to " + describe(operation));
    return;
  }
  finish(operation);
  history_.add(std::move(operation));
}

}  // namespace viaduct::cluster_test
