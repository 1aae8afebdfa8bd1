// The log, replayed: what every key was at every position.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "test/cluster/history.h"
#include "test/cluster/violations.h"

namespace viaduct::cluster_test {

enum class Api {
  kV2,  // no two events share a position; a plain PUT creates the key anew
  kV3,
};

class Replay {
 public:
  // Checks that the log is one: positions rise, and each version says rightly where it and its key began (INV-L7).
  Replay(const std::vector<Event>& log, Api api, Violations& violations);

  // After everything up to and with `position`.
  std::optional<Version> at(const std::string& key, uint64_t position) const;
  // The event at exactly this position, if there is one of this key.
  const Event* event(const std::string& key, uint64_t position) const;
  const std::vector<Event>& log() const { return log_; }

 private:
  void add(const Event& event, Violations& violations);

  const Api api_;
  std::vector<Event> log_;
  std::map<std::string, std::map<uint64_t, size_t>> by_key_;  // position -> place in the log
};

}  // namespace viaduct::cluster_test
