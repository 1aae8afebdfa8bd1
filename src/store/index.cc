#include "store/index.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace viaduct::store {

Entry* Index::find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->get();
}

Entry& Index::insert(std::string_view key) { return **entries_.insert(Entry::make(family_, key)).first; }

Entry& Index::advance(Entry* known, const Record& record, uint32_t record_bytes) {
  Entry& entry = known ? *known : insert(record.key);
  const bool was_live = entry.is_live();
  entry.advance(record, record_bytes);
  if (known && was_live == entry.is_live()) return entry;
  if (known) (was_live ? live_ : dead_).erase(&entry);
  (entry.is_live() ? live_ : dead_).insert(&entry);
  return entry;
}

Entry& Index::add_root(std::string_view key) {
  Entry& entry = insert(key);
  entry.make_root();
  live_.insert(&entry);
  return entry;
}

void Index::erase(Entry& entry) {
  (entry.is_live() ? live_ : dead_).erase(&entry);
  entries_.erase(entries_.find(entry.key()));
}

Entry& Index::load(Entry* known, const Record& record, uint32_t record_bytes) {
  Entry& entry = known ? *known : insert(record.key);
  entry.advance(record, record_bytes);
  return entry;
}

void Index::finish_loading() {
  std::vector<Entry*> all;
  all.reserve(entries_.size());
  for (const Entry::Owner& entry : entries_) all.push_back(entry.get());
  std::sort(all.begin(), all.end(), ByKey());
  live_.clear();
  dead_.clear();
  for (Entry* entry : all) {
    Ordered& order = entry->is_live() ? live_ : dead_;
    order.insert(order.end(), entry);
  }
}

}  // namespace viaduct::store
