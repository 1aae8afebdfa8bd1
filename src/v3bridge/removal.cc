#include "v3bridge/removal.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace viaduct::v3bridge {
namespace {

using store::Draft;
using store::Entry;
using store::Family;
using store::Transaction;

struct Doomed {
  Family family;
  std::string name;
};

// What goes along with the directory, in byte order of path; of one path the shadowed key first.
std::vector<Doomed> at_and_below(const Transaction& txn, const Directories& directories, std::string_view path) {
  std::vector<Doomed> found;
  if (txn.key(path)) found.push_back({Family::kKey, std::string(path)});
  const std::string from = std::string(path) + '/';
  const std::string to = std::string(path) + char('/' + 1);
  for (Family family : {Family::kKey, Family::kDirectory}) {
    const auto middle = static_cast<ptrdiff_t>(found.size());
    txn.scan(family, from, to, [&](const Entry& entry) {
      if (family == Family::kDirectory || directories.visible(entry.key()))
        found.push_back({family, std::string(entry.key())});
      return true;
    });
    std::inplace_merge(found.begin(), found.begin() + middle, found.end(), [](const Doomed& a, const Doomed& b) {
      return std::tie(a.name, a.family) < std::tie(b.name, b.family);
    });
  }
  return found;
}

}  // namespace

void append_tombstone(Transaction& txn, Family family, std::string_view name, const EventKind& kind, bool silent) {
  Draft draft;
  draft.family = family;
  draft.action = kind.action;
  draft.key = name;
  draft.tombstone = true;
  draft.by_v2 = kind.by_v2;
  draft.silent = silent;
  txn.append(draft);
}

store::EventPtr remove_key(Transaction& txn, Directories& directories, std::string_view key, const EventKind& kind) {
  const bool visible = directories.visible(key);
  const bool silent = !visible || txn.directory(key);
  txn.begin_event();
  append_tombstone(txn, Family::kKey, key, kind, silent);
  if (visible) directories.drop_childless_ancestors(key, kind);
  return txn.event();
}

store::EventPtr remove_directory(Transaction& txn, Directories& directories, std::string_view path,
                                 const EventKind& kind) {
  const std::vector<Doomed> along = at_and_below(txn, directories, path);
  txn.begin_event();
  append_tombstone(txn, Family::kDirectory, path, kind);
  for (const Doomed& doomed : along) append_tombstone(txn, doomed.family, doomed.name, kind);
  directories.drop_childless_ancestors(path, kind);
  return txn.event();
}

}  // namespace viaduct::v3bridge
