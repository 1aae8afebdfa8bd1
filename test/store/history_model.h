// A plain model of the store: the whole state after each revision, and random writes that drive model and store alike.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "test/store/store_fixture.h"

namespace viaduct::store {

// What a reader can see of one node.
struct ModelNode {
  std::string value;
  uint64_t create_revision, mod_revision, version, created_seq, modified_seq;
  bool is_explicit;

  auto operator<=>(const ModelNode&) const = default;
};

inline ModelNode model_node(const NodeView& node) {
  const uint64_t modified = node.family == Family::kDirectory ? node.created_seq.value : node.id.seq.value;
  return {std::string(node.value.view()),
          node.create_revision.value,
          node.mod_revision.value,
          node.version,
          node.created_seq.value,
          modified,
          node.is_explicit};
}

using ModelName = std::pair<Family, std::string>;
using ModelState = std::map<ModelName, ModelNode>;

class HistoryModel {
 public:
  HistoryModel(StoreFixture& store, uint64_t seed) : store_(store), random_(seed) { states_[1] = {}; }

  // One transaction of one to three random operations.
  void step() {
    const std::vector<EventPtr> events = store_.transact([&](Transaction& t) {
      for (uint64_t operations = 1 + random_.below(3); operations > 0; --operations) operate(t);
    });
    for (const EventPtr& event : events) {
      all_events_.push_back(event);
      apply(event->record);
      for (const Record& companion : event->companions) apply(companion);
      newest_below(event->record);
    }
    if (!events.empty()) states_[events.front()->record.revision.value] = now_;
  }

  const std::map<uint64_t, ModelState>& states() const { return states_; }
  const std::vector<EventPtr>& all_events() const { return all_events_; }
  const ModelState& now() const { return now_; }
  Random& random() { return random_; }

  uint32_t children(const std::string& directory) const {
    uint32_t count = 0;
    for (const auto& [name, node] : now_) {
      const bool in_tree = name.first == Family::kDirectory || is_canonical_path(name.second);
      count += in_tree && is_below(name.second, directory) && parent_path(name.second) == directory;
    }
    return count;
  }

  uint64_t shadowed() const {
    uint64_t count = 0;
    for (const auto& [name, node] : now_) {
      count += name.first == Family::kKey && now_.contains({Family::kDirectory, name.second});
    }
    return count;
  }

  uint64_t newest_below(const std::string& directory) const {
    const auto found = newest_below_.find(directory);
    return found == newest_below_.end() ? 0 : found->second;
  }

 private:
  void operate(Transaction& t) {
    static const char* const keys[] = {"/a",   "/a/x", "/a/y",  "/a/b/x", "/b/c/d", "/b",
                                       "/b/c", "/a!",  "plain", "/",      "//a"};
    static const char* const directories[] = {"/a", "/a/b", "/b", "/b/c", "/c"};
    const std::string key = keys[random_.below(std::size(keys))];
    const std::string directory = directories[random_.below(std::size(directories))];
    switch (random_.below(8)) {
      case 0:
      case 1:
        if (t.key(key)) StoreFixture::append_delete(t, Family::kKey, key);
        break;
      case 2:
        if (t.directory(directory)) remove_directory(t, directory);
        break;
      case 3:
        make_directory(t, directory);
        break;
      default:
        StoreFixture::append_put(t, key, std::string(random_.below(40), static_cast<char>('a' + random_.below(26))));
    }
  }

  void make_directory(Transaction& t, const std::string& directory) {
    const Entry* const old = t.directory(directory);
    t.begin_event();
    t.append({.family = Family::kDirectory,
              .key = directory,
              .is_explicit = true,
              .created_seq = old ? old->created_seq() : Seq()});
    StoreFixture::append_missing_parents(t, directory);
    if (!old && t.key(directory)) t.append({.action = Action::kDelete, .key = directory, .tombstone = true});
  }

  void remove_directory(Transaction& t, const std::string& directory) {
    std::set<std::pair<std::string, Family>> gone;
    for (const Family family : {Family::kKey, Family::kDirectory}) {
      if (family == Family::kKey && t.key(directory)) gone.emplace(directory, family);
      t.scan(family, directory + "/", directory + "0", [&](const Entry& entry) {
        gone.emplace(entry.key(), family);
        return true;
      });
    }
    t.begin_event();
    t.append({.family = Family::kDirectory, .action = Action::kDelete, .key = directory, .tombstone = true});
    for (const auto& [name, family] : gone)
      t.append({.family = family, .action = Action::kDelete, .key = name, .tombstone = true});
    for (std::string_view path = parent_path(directory); !path.empty(); path = parent_path(path)) {
      const Entry* const parent = t.directory(path);
      if (!parent || parent->is_explicit() || parent->children() > 0) return;
      t.append({.family = Family::kDirectory, .action = Action::kDelete, .key = path, .tombstone = true});
    }
  }

  void apply(const Record& record) {
    const ModelName name(record.family, record.key);
    if (record.tombstone) {
      now_.erase(name);
      return;
    }
    const auto old = now_.find(name);
    const bool is_new = old == now_.end();
    const uint64_t seq = record.id.seq.value;
    const uint64_t created = record.family == Family::kDirectory && !is_new ? old->second.created_seq : seq;
    now_[name] = {std::string(record.value.view()),
                  is_new ? record.revision.value : old->second.create_revision,
                  record.revision.value,
                  is_new ? 1 : old->second.version + 1,
                  created,
                  record.family == Family::kDirectory ? created : seq,
                  record.is_explicit};
  }

  void newest_below(const Record& record) {
    if (record.family == Family::kDirectory) newest_below_[record.key] = record.id.seq.value;
    if (record.family == Family::kKey && !is_canonical_path(record.key)) return;
    for (std::string_view path = record.key; !path.empty();) {
      path = parent_path(path);
      newest_below_[std::string(path)] = record.id.seq.value;
    }
  }

  StoreFixture& store_;
  SeededRandom random_;
  ModelState now_;
  std::map<uint64_t, ModelState> states_;
  std::vector<EventPtr> all_events_;
  std::map<std::string, uint64_t> newest_below_;
};

}  // namespace viaduct::store
