#include "v3bridge/watch.h"

#include <algorithm>

#include "store/path.h"

namespace viaduct::v3bridge {
namespace {

using store::Entry;
using store::Event;
using store::Family;
using store::Record;

bool took_along(const Event& removal, std::string_view name) {
  return std::any_of(removal.companions.begin(), removal.companions.end(),
                     [&](const Record& companion) { return companion.tombstone && companion.key == name; });
}

const Entry& nearest_directory(const store::Store& store, std::string_view name) {
  for (;; name = store::parent_path(name)) {
    if (const Entry* directory = store.find(Family::kDirectory, name)) return *directory;
  }
}

}  // namespace

bool matches(const Event& event, const V2Watch& watch) {
  const Record& record = event.record;
  if (record.silent || record.refresh) return false;
  if (record.key == watch.name) return true;
  if (watch.recursive && store::is_below(record.key, watch.name))
    return !store::is_hidden_below(record.key, watch.name);
  return record.family == Family::kDirectory && record.tombstone && store::is_below(watch.name, record.key) &&
         took_along(event, watch.name);
}

Seq newest_relevant(const store::Store& store, const V2Watch& watch) {
  const store::Store::ReadLock lock(store);
  const Entry* directory = store.find(Family::kDirectory, watch.name);
  if (directory) return directory->newest_below();
  // A file has no events but its own. Below it, though, v3 may have put and deleted keys, and with them a directory.
  const Entry* file = store.find(Family::kKey, watch.name);
  if (file && !watch.recursive) return file->id().seq;
  return nearest_directory(store, watch.name).newest_below();
}

}  // namespace viaduct::v3bridge
