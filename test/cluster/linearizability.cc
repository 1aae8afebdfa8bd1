#include "test/cluster/linearizability.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <unordered_set>
#include <utility>

namespace viaduct::cluster_test {
namespace {

constexpr size_t kMostStates = 500'000;

// What an operation does to one key.
struct Step {
  enum class Kind { kWrite, kErase, kRead };
  Kind kind = Kind::kRead;
  const Operation* operation = nullptr;
  const Expected* expected = nullptr;  // null: no compare on this key
  bool refused = false;                // the compare was false
  std::optional<std::string> seen;     // of a read
  bool must = true;                    // has happened; an unknown one need not
};

std::optional<Step> step_on(const std::string& key, const Operation& one) {
  const auto place = std::find(one.keys.begin(), one.keys.end(), key);
  if (place == one.keys.end() || one.action == Action::kLocalRead) return std::nullopt;
  const bool unknown = one.outcome == Outcome::kUnknown;
  Step step;
  step.operation = &one;
  step.must = one.returned != Time::max();
  if (!one.is_write()) {
    if (unknown) return std::nullopt;
    const auto& seen = one.seen.at(static_cast<size_t>(place - one.keys.begin()));
    if (seen) step.seen = seen->value;
    return step;
  }
  if (one.expected && place == one.keys.begin()) step.expected = &*one.expected;
  step.kind = one.erases() ? Step::Kind::kErase : Step::Kind::kWrite;
  step.refused = one.outcome == Outcome::kRefused;
  if (step.refused && place != one.keys.begin()) return std::nullopt;  // says nothing about this key
  return step;
}

// The register is known by the step that wrote it last.
constexpr int kEmpty = -1;

class Search {
 public:
  explicit Search(std::vector<Step> steps) : steps_(std::move(steps)) {
    std::ranges::sort(steps_, {}, [](const Step& step) { return step.operation->called; });
    done_.resize((steps_.size() + 63) / 64);
    must_left_ = static_cast<size_t>(std::ranges::count_if(steps_, &Step::must));
  }

  Verdict run() {
    // Depth first, without recursion: each level remembers the next step to try and the register before its own.
    std::vector<Level> path{Level{0, kEmpty, 0}};
    while (!path.empty()) {
      if (must_left_ == 0) return Verdict::kLinearizable;
      if (visited_.size() > kMostStates) return Verdict::kUndecided;
      Level& level = path.back();
      const std::optional<size_t> taken = next_possible(level);
      if (taken) {
        const int after = effect(*taken, level.value);
        mark(*taken);
        if (visited_.emplace(done_, after).second) {
          path.push_back({0, after, *taken});
        } else {
          unmark(*taken);
        }
      } else {
        const size_t undone = level.taken;
        path.pop_back();
        if (!path.empty()) unmark(undone);
      }
    }
    return Verdict::kNotLinearizable;
  }

 private:
  struct Level {
    size_t next;   // the step to try
    int value;     // of the register
    size_t taken;  // the step that led here
  };
  using State = std::pair<std::vector<uint64_t>, int>;
  struct HashState {
    size_t operator()(const State& state) const {
      size_t hash = static_cast<size_t>(state.second) + 0x9e3779b97f4a7c15;
      for (const uint64_t word : state.first) hash = (hash ^ word) * 0x100000001b3 + (hash >> 29);
      return hash;
    }
  };

  bool is_done(size_t step) const { return (done_[step / 64] >> (step % 64) & 1) != 0; }
  void mark(size_t step) {
    done_[step / 64] |= uint64_t{1} << (step % 64);
    if (steps_[step].must) --must_left_;
  }
  void unmark(size_t step) {
    done_[step / 64] &= ~(uint64_t{1} << (step % 64));
    if (steps_[step].must) ++must_left_;
  }

  // The next step from level.next on that could be the next to take effect: nothing that is not done yet has returned
  // before its call, and the register allows it.
  std::optional<size_t> next_possible(Level& level) {
    Time earliest_return = Time::max();
    uint64_t lowest_position = UINT64_MAX;
    for (size_t i = 0; i < steps_.size(); ++i) {
      const Operation& one = *steps_[i].operation;
      if (is_done(i)) continue;
      if (one.called > earliest_return) break;
      earliest_return = std::min(earliest_return, one.returned);
    }
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (!is_done(i) && changes(i) && steps_[i].must && steps_[i].operation->position != 0) {
        lowest_position = std::min(lowest_position, steps_[i].operation->position);
      }
    }
    while (level.next < steps_.size()) {
      const size_t i = level.next++;
      if (is_done(i)) continue;
      if (steps_[i].operation->called > earliest_return) return std::nullopt;
      if (changes(i) && steps_[i].operation->position > lowest_position) continue;
      if (allows(steps_[i], level.value)) return i;
    }
    return std::nullopt;
  }

  bool changes(size_t step) const { return steps_[step].kind != Step::Kind::kRead && !steps_[step].refused; }

  bool allows(const Step& step, int value) const {
    if (step.kind == Step::Kind::kRead) return step.seen == value_of(value);
    if (step.kind == Step::Kind::kErase && !step.expected) return step.refused == (value == kEmpty);
    if (!step.expected) return true;
    return !can_tell(*step.expected, value) || step.expected->holds(version_of(value)) != step.refused;
  }

  // The position of a write of unknown outcome is not known, so a compare with it might go either way.
  bool can_tell(const Expected& expected, int value) const {
    return !expected.modified || value == kEmpty || steps_[static_cast<size_t>(value)].operation->position != 0;
  }

  int effect(size_t step, int value) const {
    if (!changes(step)) return value;
    return steps_[step].kind == Step::Kind::kErase ? kEmpty : static_cast<int>(step);
  }

  std::optional<std::string> value_of(int value) const {
    if (value == kEmpty) return std::nullopt;
    return steps_[static_cast<size_t>(value)].operation->value;
  }
  std::optional<Version> version_of(int value) const {
    if (value == kEmpty) return std::nullopt;
    const Operation& writer = *steps_[static_cast<size_t>(value)].operation;
    return Version{writer.value, writer.position, 0};
  }

  std::vector<Step> steps_;     // by call
  std::vector<uint64_t> done_;  // a bit for each step
  size_t must_left_ = 0;
  std::unordered_set<State, HashState> visited_;
};

}  // namespace

Verdict linearizable(const std::string& key, const std::vector<Operation>& operations) {
  std::vector<Step> steps;
  for (const Operation& one : operations) {
    if (std::optional<Step> step = step_on(key, one)) steps.push_back(std::move(*step));
  }
  return Search(std::move(steps)).run();
}

size_t check_linearizability(const std::vector<Operation>& operations, Violations& violations) {
  std::map<std::string, std::vector<Operation>> by_key;
  for (const Operation& one : operations) {
    for (const std::string& key : one.keys) by_key[key].push_back(one);
  }
  size_t undecided = 0;
  for (const auto& [key, its] : by_key) {
    const Verdict verdict = linearizable(key, its);
    if (verdict == Verdict::kNotLinearizable)
      violations.add("INV-L1", "no register could have shown what " + key + " did");
    if (verdict == Verdict::kUndecided) ++undecided;
  }
  return undecided;
}

}  // namespace viaduct::cluster_test
