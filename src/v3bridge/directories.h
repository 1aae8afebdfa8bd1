// The directories around a change, as companions of the current event: what has to be there before v2 can show a name,
// and what goes with the last child (bridge.md section 3).
// Invariant: above an explicit directory every directory is explicit, and above a visible key every directory exists.
// Threads:   the apply thread, between Transaction's begin_event() and the next.
#pragma once

#include <string_view>

#include "store/transaction.h"

namespace viaduct::v3bridge {

// What all records of one event share.
struct EventKind {
  store::Action action = store::Action::kSet;
  bool by_v2 = false;
};

class Directories {
 public:
  // `root` is the v2 root, which outlives this.
  Directories(store::Transaction& txn, std::string_view root) : txn_(txn), root_(root) {}

  // True if v2 can show a key of this name (P2).
  bool visible(std::string_view key) const;
  // The name as v2 shows it; "" for the root.
  std::string_view shown(std::string_view name) const { return name.substr(root_.size()); }
  bool is_root(std::string_view name) const { return name.size() == root_.size(); }
  // The shortest prefix of `name`, whole elements, that is no directory; `name` itself if only that one is none.
  std::string_view first_gap(std::string_view name) const;

  // Makes the missing parents of `name`, parents before children (T2, T3). Returns the nearest that was there before.
  std::string_view make_parents(std::string_view name, bool is_explicit, const EventKind& kind);
  // Makes `name` and its ancestors explicit where they are implicit, parents before children (T2). createdIndex stays.
  void make_explicit(std::string_view directory, const EventKind& kind);
  // Removes the implicit ancestors that lost their last child with `name` (T3).
  void drop_childless_ancestors(std::string_view name, const EventKind& kind);

 private:
  store::Transaction& txn_;
  std::string_view root_;
};

}  // namespace viaduct::v3bridge
