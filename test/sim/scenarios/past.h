// What every key was at every revision and index, for both APIs: all changes that the members applied, replayed.
// Threads: any, once made.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mvccpb/kv.pb.h"
#include "test/sim/chronicle.h"

namespace viaduct::sim {

// A key as both APIs show it.
struct KeyState {
  mvccpb::KeyValue kv;
  uint64_t created_index = 0, modified_index = 0;
};

// One change of one key; no `after`: it was removed.
struct KeyChange {
  uint64_t revision = 0, index = 0;
  std::string key;
  std::optional<KeyState> after;
};

class Past {
 public:
  explicit Past(const Chronicle& chronicle);

  uint64_t last_revision() const { return last_revision_; }
  const KeyState* at(const std::string& key, uint64_t revision) const;  // null: it was not there
  // `end` as in a range request: empty for `key` alone, one zero byte for all from `key` on.
  std::map<std::string, const KeyState*> range(const std::string& key, const std::string& end, uint64_t revision) const;
  // In v3's order.
  const std::vector<KeyChange>& changes() const { return changes_; }
  std::vector<const KeyChange*> changes_at(uint64_t revision) const;

  // The files that v2 shows at that index: neither a directory's path, nor hidden below the root (bridge.md P2, P4,
  // T4).
  std::map<std::string, const KeyState*> v2_files(const std::string& prefix, uint64_t index) const;
  uint64_t revision_at(uint64_t index) const;

 private:
  void take(const store::Record& record);
  bool is_directory(const std::string& path, uint64_t index) const;

  std::vector<KeyChange> changes_;
  std::map<std::string, std::vector<size_t>> by_key_;                          // places in changes_
  std::map<std::string, std::vector<std::pair<uint64_t, bool>>> directories_;  // index, whether it is there then
  std::map<uint64_t, uint64_t> revisions_;                                     // by index
  uint64_t last_revision_ = 1;
};

// Whether v2 can see a key of that name at all (P2).
bool is_v2_path(const std::string& key);

// What stands between `prefix` and the first key behind all that begin with it.
std::string end_of_prefix(std::string prefix);

}  // namespace viaduct::sim
