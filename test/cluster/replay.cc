#include "test/cluster/replay.h"

namespace viaduct::cluster_test {

Replay::Replay(const std::vector<Event>& log, Api api, Violations& violations) : api_(api), log_(log) {
  uint64_t last = 0;
  for (size_t i = 0; i < log_.size(); ++i) {
    const Event& event = log_[i];
    if (event.position < last || (api == Api::kV2 && event.position == last)) {
      violations.add("INV-W1", "the log goes from " + std::to_string(last) + " to " + describe(event));
    }
    last = event.position;
    add(event, violations);
    by_key_[event.key][event.position] = i;
  }
}

void Replay::add(const Event& event, Violations& violations) {
  const std::optional<Version> before = at(event.key, event.position);
  if (before && before->modified == event.position) {
    violations.add("INV-W2", "one key twice at one position: " + describe(event));
  }
  if (!event.version) {
    if (!before) violations.add("INV-L7", "deletes what is not there: " + describe(event));
    return;
  }
  const uint64_t created = before ? before->created : event.position;
  const bool anew = api_ == Api::kV2 && event.version->created == event.position;
  if (event.version->modified != event.position || (event.version->created != created && !anew)) {
    violations.add("INV-L7", describe(event) + ", but the key was created at " + std::to_string(created));
  }
}

std::optional<Version> Replay::at(const std::string& key, uint64_t position) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const auto after = found->second.upper_bound(position);
  if (after == found->second.begin()) return std::nullopt;
  return log_[std::prev(after)->second].version;
}

const Event* Replay::event(const std::string& key, uint64_t position) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto here = found->second.find(position);
  return here == found->second.end() ? nullptr : &log_[here->second];
}

}  // namespace viaduct::cluster_test
