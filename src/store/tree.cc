#include "store/tree.h"

#include <algorithm>
#include <cassert>

#include "store/path.h"

namespace viaduct::store {
namespace {

// The name of the child of `directory` at or above `path`: ("/a", "/a/b/c") -> "/a/b".
std::string_view child_towards(std::string_view directory, std::string_view path) {
  return path.substr(0, std::min(path.find('/', directory.size() + 1), path.size()));
}

// Names directly below `directory` in `order` that are in the tree. A name two levels down leads past all of its
// siblings.
uint32_t count_children_in(const KeyIndex::Ordered& order, std::string_view directory, const auto& is_in_tree) {
  uint32_t count = 0;
  const std::string begin = std::string(directory) + '/';
  for (auto at = order.lower_bound(std::string_view(begin)); at != order.end() && is_below((*at)->key(), directory);) {
    const std::string_view child = child_towards(directory, (*at)->key());
    if (child == (*at)->key()) {
      if (is_in_tree(**at)) ++count;
      ++at;
    } else {
      at = order.lower_bound(std::string_view(std::string(child) + char('/' + 1)));
    }
  }
  return count;
}

}  // namespace

void Tree::set_root(std::string_view root) {
  assert(root.empty() || is_canonical_path(root));
  assert(keys_.size() == 0 && directories_.size() <= 1);
  if (Entry* old = directories_.find(root_)) directories_.erase(*old);
  root_ = root;
  directories_.add_root(root_);
}

bool Tree::is_visible(std::string_view key) const {
  return key.starts_with(root_) && is_canonical_path(key.substr(root_.size()));
}

bool Tree::is_in_tree(Family family, std::string_view key) const {
  return family == Family::kDirectory ? key != root_ : is_visible(key);
}

const Entry* Tree::find_live(Family family, std::string_view key) const {
  const Entry* const entry = of(family).find(key);
  return entry && entry->is_live() ? entry : nullptr;
}

void Tree::scan(Family family, std::string_view from, std::string_view to,
                const std::function<bool(const Entry&)>& visit) const {
  const KeyIndex::Ordered& order = of(family).live();
  for (auto at = order.lower_bound(from); at != order.end(); ++at) {
    if (!to.empty() && (*at)->key() >= to) return;
    if (!visit(**at)) return;
  }
}

Entry* Tree::live_directory(std::string_view path) const {
  Entry* const entry = directories_.find(path);
  return entry && entry->is_live() ? entry : nullptr;
}

Entry& Tree::advance(Entry* known, const Record& record, uint32_t record_bytes) {
  const bool was_live = known && known->is_live();
  Entry& entry = of(record.family).advance(known, record, record_bytes);
  if (!is_in_tree(record.family, record.key)) return entry;
  if (was_live != entry.is_live()) changed_liveness(entry);
  if (record.family == Family::kDirectory && entry.is_live()) entry.raise_newest_below(record.id.seq);
  if (record.id.part == 0)
    touch_ancestors(record.key, record.id.seq);  // companions lie on the way to part 0, or below it
  return entry;
}

void Tree::changed_liveness(Entry& entry) {
  const int change = entry.is_live() ? 1 : -1;
  const bool is_directory = entry.family() == Family::kDirectory;
  if (is_directory) entry.set_children(entry.is_live() ? count_children(entry.key()) : 0);
  count_child(entry.key(), change);
  const Entry* const namesake = of(is_directory ? Family::kKey : Family::kDirectory).find(entry.key());
  if (namesake && namesake->is_live()) shadowed_keys_ += change;
}

void Tree::count_child(std::string_view key, int change) {
  if (Entry* parent = live_directory(parent_path(key))) parent->set_children(parent->children() + change);
}

uint32_t Tree::count_children(std::string_view directory) const {
  const auto in_tree = [&](const Entry& entry) { return is_in_tree(entry.family(), entry.key()); };
  return count_children_in(keys_.live(), directory, in_tree) +
         count_children_in(directories_.live(), directory, in_tree);
}

void Tree::touch_ancestors(std::string_view key, Seq seq) {
  for (std::string_view path = key; path.size() > root_.size();) {
    path = parent_path(path);
    if (Entry* directory = live_directory(path)) directory->raise_newest_below(seq);
  }
}

void Tree::rebuild(Seq forgotten) {
  std::string_view last_path;
  Entry* last_directory = nullptr;
  const auto directory_of = [&](std::string_view path) {  // neighbours share their parent: most look-ups are saved
    if (!last_directory || path != last_path) last_directory = directories_.find(path);
    last_path = path;
    return last_directory;
  };
  const auto add = [&](const Entry& entry, Seq newest) {
    std::string_view path = parent_path(entry.key());
    Entry* parent = directory_of(path);
    if (parent && parent->is_live() && entry.is_live()) parent->set_children(parent->children() + 1);
    while (!parent && path.size() > root_.size()) parent = directory_of(path = parent_path(path));
    if (parent) parent->raise_newest_below(newest);
  };
  const auto add_keys = [&](const KeyIndex::Ordered& order) {
    KeyIndex::walk(order, [&](const Entry& key) {
      if (!is_visible(key.key())) return;
      add(key, key.id().seq);
      const Entry* const namesake = key.is_live() && directories_.size() > 1 ? live_directory(key.key()) : nullptr;
      if (namesake) ++shadowed_keys_;
    });
  };
  shadowed_keys_ = 0;
  add_keys(keys_.live());
  add_keys(keys_.dead());

  // A directory comes after all of its ancestors in byte order: going backwards, each is complete when its turn comes.
  auto live = directories_.live().rbegin();
  auto dead = directories_.dead().rbegin();
  while (live != directories_.live().rend() || dead != directories_.dead().rend()) {
    const bool take_live =
        dead == directories_.dead().rend() || (live != directories_.live().rend() && (*dead)->key() < (*live)->key());
    Entry& directory = take_live ? **live++ : **dead++;
    directory.raise_newest_below(std::max(directory.id().seq, forgotten));
    if (directory.key() != root_) add(directory, directory.newest_below());
  }
}

}  // namespace viaduct::store
