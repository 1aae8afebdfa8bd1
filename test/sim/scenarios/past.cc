#include "test/sim/scenarios/past.h"

#include <algorithm>

namespace viaduct::sim {
namespace {

constexpr size_t kLongestPath = 4096, kDeepestPath = 128;

bool is_shown(const std::string& key) { return is_v2_path(key) && key.find("/_") == std::string::npos; }

}  // namespace

bool is_v2_path(const std::string& key) {
  if (key.size() < 2 || key[0] != '/' || key.back() == '/' || key.size() > kLongestPath) return false;
  if (static_cast<size_t>(std::ranges::count(key, '/')) > kDeepestPath) return false;
  const std::string closed = key + "/";
  return closed.find("//") == std::string::npos && closed.find("/./") == std::string::npos &&
         closed.find("/../") == std::string::npos;
}

std::string end_of_prefix(std::string prefix) {
  ++prefix.back();
  return prefix;
}

Past::Past(const Chronicle& chronicle) {
  chronicle.each([this](const store::Record& record) { take(record); });
}

void Past::take(const store::Record& record) {
  last_revision_ = std::max(last_revision_, record.revision.value);
  revisions_[record.id.seq.value] = record.revision.value;
  if (record.family == store::Family::kDirectory) {
    directories_[record.key].emplace_back(record.id.seq.value, !record.tombstone);
    return;
  }
  KeyChange change{record.revision.value, record.id.seq.value, record.key, std::nullopt};
  if (!record.tombstone) {
    KeyState& state = change.after.emplace();
    state.kv.set_key(record.key);
    state.kv.set_value(std::string(record.value.view()));
    state.kv.set_create_revision(static_cast<int64_t>(record.create_revision.value));
    state.kv.set_mod_revision(static_cast<int64_t>(record.revision.value));
    state.kv.set_version(static_cast<int64_t>(record.version));
    state.kv.set_lease(static_cast<int64_t>(record.lease.value));
    state.created_index = record.created_seq.value;
    state.modified_index = record.modified_seq().value;
  }
  by_key_[record.key].push_back(changes_.size());
  changes_.push_back(std::move(change));
}

const KeyState* Past::at(const std::string& key, uint64_t revision) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto after =
      std::ranges::upper_bound(found->second, revision, {}, [&](size_t place) { return changes_[place].revision; });
  if (after == found->second.begin()) return nullptr;
  const KeyChange& change = changes_[*std::prev(after)];
  return change.after ? &*change.after : nullptr;
}

std::map<std::string, const KeyState*> Past::range(const std::string& key, const std::string& end,
                                                   uint64_t revision) const {
  std::map<std::string, const KeyState*> found;
  const bool to_the_last = end == std::string(1, '\0');
  for (auto one = by_key_.lower_bound(key); one != by_key_.end(); ++one) {
    if (end.empty() ? one->first != key : !to_the_last && one->first >= end) break;
    if (const KeyState* state = at(one->first, revision)) found.emplace(one->first, state);
  }
  return found;
}

std::vector<const KeyChange*> Past::changes_at(uint64_t revision) const {
  std::vector<const KeyChange*> found;
  for (auto one = std::ranges::lower_bound(changes_, revision, {}, &KeyChange::revision);
       one != changes_.end() && one->revision == revision; ++one)
    found.push_back(&*one);
  return found;
}

std::map<std::string, const KeyState*> Past::v2_files(const std::string& prefix, uint64_t index) const {
  std::map<std::string, const KeyState*> files;
  for (auto one = by_key_.lower_bound(prefix); one != by_key_.end() && one->first.starts_with(prefix); ++one) {
    const auto after =
        std::ranges::upper_bound(one->second, index, {}, [&](size_t place) { return changes_[place].index; });
    if (after == one->second.begin() || !is_shown(one->first) || is_directory(one->first, index)) continue;
    const KeyChange& change = changes_[*std::prev(after)];
    if (change.after) files.emplace(one->first, &*change.after);
  }
  return files;
}

bool Past::is_directory(const std::string& path, uint64_t index) const {
  const auto found = directories_.find(path);
  if (found == directories_.end()) return false;
  const auto after = std::ranges::upper_bound(found->second, index, {}, &std::pair<uint64_t, bool>::first);
  return after != found->second.begin() && std::prev(after)->second;
}

uint64_t Past::revision_at(uint64_t index) const {
  const auto after = revisions_.upper_bound(index);
  return after == revisions_.begin() ? 1 : std::prev(after)->second;
}

}  // namespace viaduct::sim
