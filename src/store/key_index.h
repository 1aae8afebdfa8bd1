// All names of one family that are live or still have history, found by name and walked in byte order.
//
// A name is found through a hash table. Live and dead names (the newest version is a tombstone) are ordered in trees of
// their own, so that listing what is there costs no walk over what was.
// Ownership: owns the entries; a pointer to one is valid until erase().
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_set.h>

#include <string_view>
#include <vector>

#include "store/entry.h"
#include "store/record.h"

namespace viaduct::store {

class KeyIndex {
 public:
  struct ByKey {
    using is_transparent = void;
    static std::string_view key(const Entry* entry) { return entry->key(); }
    static std::string_view key(std::string_view key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return key(a) < key(b); }
  };
  using Ordered = absl::btree_set<Entry*, ByKey>;

  // Calls `visit` with every entry of `order`. Entries lie scattered: each is asked of the memory some steps ahead.
  template <typename Visit>
  static void walk(const Ordered& order, Visit visit) {
    auto ahead = order.begin();
    const auto fetch = [&] {
      if (ahead != order.end()) __builtin_prefetch(*ahead++);
    };
    for (int i = 0; i < kFetchAhead; ++i) fetch();
    for (Entry* entry : order) {
      fetch();
      visit(*entry);
    }
  }

  explicit KeyIndex(Family family) : family_(family) {}

  Entry* find(std::string_view key) const;  // live or dead, or null
  const Ordered& live() const { return live_; }
  const Ordered& dead() const { return dead_; }
  size_t size() const { return entries_.size(); }

  // Makes `record` the newest version of its name. `known` is find(record.key).
  Entry& advance(Entry* known, const Record& record, uint32_t record_bytes);
  Entry& add_root(std::string_view key);  // live, without a record
  void erase(Entry& entry);               // with its history

  // Restart: the same without order, which finish_loading() makes at once. `names` says how many to expect, roughly.
  void begin_loading(size_t names);
  Entry& load(Entry* known, const Record& record, uint32_t record_bytes);
  void finish_loading();

 private:
  static constexpr int kFetchAhead = 16;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return absl::Hash<std::string_view>()(key); }
    size_t operator()(const Entry::Owner& entry) const { return (*this)(entry->key()); }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view key(const Entry::Owner& entry) { return entry->key(); }
    static std::string_view key(std::string_view key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
  };

  Entry& insert(std::string_view key);

  Family family_;
  absl::flat_hash_set<Entry::Owner, Hash, Equal> entries_;
  Ordered live_;
  Ordered dead_;
  std::vector<Entry*> loading_;  // between load() and finish_loading(), in the order they came
};

}  // namespace viaduct::store
