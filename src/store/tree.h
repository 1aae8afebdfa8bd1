// Both families of names and what ties them together: which keys v2 can see, how many children a directory has, how new
// the newest change at or below it is, and which keys a directory shadows (bridge.md P2, T4, T5; D5).
//
// Invariant: a live directory's children() counts the live names of either family directly below it; a key and a
//            directory of one name count separately.
// Order:     an event may bring a key before the directories it needs, and remove a directory before what lay in it:
//            a name without a live parent is counted once that parent appears.
// Threads:   as the store's index: changed under the write lock, read under the read lock.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "store/key_index.h"
#include "store/record.h"

namespace viaduct::store {

class Tree {
 public:
  Tree() { set_root(""); }

  void set_root(std::string_view root);  // before the first name
  const std::string& root() const { return root_; }
  bool is_visible(std::string_view key) const;  // a canonical path below the root

  KeyIndex& of(Family family) { return family == Family::kKey ? keys_ : directories_; }
  const KeyIndex& of(Family family) const { return family == Family::kKey ? keys_ : directories_; }

  const Entry* find_live(Family family, std::string_view key) const;
  // Live entries with from <= key < to in byte order (`to` empty: no end), until `visit` says false.
  void scan(Family family, std::string_view from, std::string_view to,
            const std::function<bool(const Entry&)>& visit) const;

  // Makes `record` the newest version of its name; `known` is what the index finds for it.
  Entry& advance(Entry* known, const Record& record, uint32_t record_bytes);

  // Restart: counts and newest_below from all entries, once both indexes have finished loading. What happened at or
  // below `forgotten` may have left no trace: it counts as newest below every directory, so that nobody takes silence
  // for proof.
  void rebuild(Seq forgotten);

  uint64_t shadowed_keys() const { return shadowed_keys_; }

 private:
  bool is_in_tree(Family family, std::string_view key) const;
  Entry* live_directory(std::string_view path) const;
  void count_child(std::string_view key, int change);
  uint32_t count_children(std::string_view directory) const;
  void changed_liveness(Entry& entry);
  void touch_ancestors(std::string_view key, Seq seq);

  std::string root_;
  KeyIndex keys_{Family::kKey};
  KeyIndex directories_{Family::kDirectory};
  uint64_t shadowed_keys_ = 0;
};

}  // namespace viaduct::store
