#include "v3bridge/directories.h"

#include <cassert>
#include <vector>

#include "store/path.h"

namespace viaduct::v3bridge {
namespace {

using store::Draft;
using store::Entry;
using store::Family;
using store::parent_path;

Draft directory_draft(std::string_view path, const EventKind& kind) {
  Draft draft;
  draft.family = Family::kDirectory;
  draft.action = kind.action;
  draft.key = path;
  draft.by_v2 = kind.by_v2;
  return draft;
}

}  // namespace

bool Directories::visible(std::string_view key) const {
  return key.starts_with(root_) && store::is_canonical_path(key.substr(root_.size()));
}

std::string_view Directories::first_gap(std::string_view name) const {
  std::string_view gap = name;
  for (std::string_view parent = parent_path(name); !txn_.directory(parent); parent = parent_path(parent)) gap = parent;
  return gap;
}

std::string_view Directories::make_parents(std::string_view name, bool is_explicit, const EventKind& kind) {
  std::vector<std::string_view> missing;
  std::string_view nearest = parent_path(name);
  for (; !txn_.directory(nearest); nearest = parent_path(nearest)) missing.push_back(nearest);
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    Draft draft = directory_draft(*path, kind);
    draft.is_explicit = is_explicit;
    txn_.append(draft);
  }
  return nearest;
}

void Directories::make_explicit(std::string_view directory, const EventKind& kind) {
  std::vector<std::string_view> implicit;
  for (std::string_view path = directory; !is_root(path); path = parent_path(path)) {
    if (txn_.directory(path)->is_explicit()) break;  // then so is all above it
    implicit.push_back(path);
  }
  for (auto path = implicit.rbegin(); path != implicit.rend(); ++path) {
    Draft draft = directory_draft(*path, kind);
    draft.is_explicit = true;
    draft.created_seq = txn_.directory(*path)->created_seq();
    draft.keep_lease = true;
    txn_.append(draft);
  }
}

void Directories::drop_childless_ancestors(std::string_view name, const EventKind& kind) {
  for (std::string_view path = parent_path(name); !is_root(path); path = parent_path(path)) {
    const Entry* directory = txn_.directory(path);
    assert(directory);
    if (directory->is_explicit() || directory->children() > 0) return;
    Draft draft = directory_draft(path, kind);
    draft.tombstone = true;
    txn_.append(draft);
  }
}

}  // namespace viaduct::v3bridge
