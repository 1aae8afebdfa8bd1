#include "store/key_index.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace viaduct::store {
namespace {

size_t common_prefix_bytes(std::string_view a, std::string_view b) {
  return std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin()).first - a.begin();
}

// The bytes at `offset` as a number that compares as they do.
uint64_t eight_bytes(std::string_view key, size_t offset) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i)
    number = number << 8 | (offset + i < key.size() ? static_cast<uint8_t>(key[offset + i]) : 0);
  return number;
}

// In order of keys. What all keys have in common is skipped, and the bytes after it are compared without a look at the
// entry: sorting a million scattered keys is a matter of cache misses.
std::vector<Entry*> sorted(std::vector<Entry*> entries) {
  if (entries.empty()) return entries;
  size_t common = entries.front()->key().size();
  for (const Entry* entry : entries) {
    common = common_prefix_bytes(entries.front()->key().substr(0, common), entry->key());
  }
  struct Item {
    uint64_t begin;
    Entry* entry;
  };
  std::vector<Item> items;
  items.reserve(entries.size());
  for (Entry* entry : entries) items.push_back({eight_bytes(entry->key(), common), entry});
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.entry->key() < b.entry->key();
  });
  std::transform(items.begin(), items.end(), entries.begin(), [](const Item& item) { return item.entry; });
  return entries;
}

}  // namespace

Entry* KeyIndex::find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->get();
}

Entry& KeyIndex::insert(std::string_view key) { return **entries_.insert(Entry::make(family_, key)).first; }

Entry& KeyIndex::advance(Entry* known, const Record& record, uint32_t record_bytes) {
  Entry& entry = known ? *known : insert(record.key);
  const bool was_live = entry.is_live();
  entry.advance(record, record_bytes);
  if (known && was_live == entry.is_live()) return entry;
  if (known) (was_live ? live_ : dead_).erase(&entry);
  (entry.is_live() ? live_ : dead_).insert(&entry);
  return entry;
}

Entry& KeyIndex::add_root(std::string_view key) {
  Entry& entry = insert(key);
  entry.make_root();
  live_.insert(&entry);
  return entry;
}

void KeyIndex::erase(Entry& entry) {
  (entry.is_live() ? live_ : dead_).erase(&entry);
  entries_.erase(entries_.find(entry.key()));
}

void KeyIndex::begin_loading(size_t names) {
  entries_.reserve(names);
  loading_.reserve(names);
}

Entry& KeyIndex::load(Entry* known, const Record& record, uint32_t record_bytes) {
  Entry& entry = known ? *known : insert(record.key);
  if (!known) loading_.push_back(&entry);
  entry.advance(record, record_bytes);
  return entry;
}

void KeyIndex::finish_loading() {
  const std::vector<Entry*> entries = sorted(std::exchange(loading_, {}));
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i + kFetchAhead < entries.size()) __builtin_prefetch(entries[i + kFetchAhead]);
    Ordered& order = entries[i]->is_live() ? live_ : dead_;
    order.insert(order.end(), entries[i]);
  }
}

}  // namespace viaduct::store
