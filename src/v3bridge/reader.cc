#include "v3bridge/reader.h"

#include <algorithm>
#include <utility>

#include "store/path.h"
#include "v3bridge/v2_code.h"

namespace viaduct::v3bridge {
namespace {

using store::Entry;
using store::Family;
using store::NodeView;
using store::Store;

// The live state under a ReadLock. Gives up after Store::kSliceNodes nodes, or at a value that is on disk only.
class LiveState {
 public:
  LiveState(const Store& store, uint64_t now_ms) : store_(store), now_ms_(now_ms) {}

  const std::string& root() const { return store_.v2_root(); }
  Seq seq() const { return store_.numbers().seq; }
  Revision revision() const { return store_.numbers().revision; }
  bool gave_up() const { return gave_up_; }

  bool exists(Family family, const std::string& name) const { return store_.find(family, name) != nullptr; }

  std::optional<V2Node> find(Family family, const std::string& name) {
    const Entry* entry = store_.find(family, name);
    if (!entry) return std::nullopt;
    return shown(*entry);
  }

  // Calls visit(name, take) for [from, to) in byte order until it says false; take() gives the node.
  template <typename Visit>
  void scan(Family family, const std::string& from, const std::string& to, Visit visit) {
    store_.scan(family, from, to, [&](const Entry& entry) {
      if (++steps_ > Store::kSliceNodes) gave_up_ = true;
      return !gave_up_ && visit(entry.key(), [&] { return shown(entry); });
    });
  }

 private:
  V2Node shown(const Entry& entry) {
    V2Node node;
    node.key = entry.key().substr(root().size());
    node.dir = entry.family() == Family::kDirectory;
    node.value = entry.value();
    if (const store::Lease* lease = entry.lease() ? store_.find_lease(entry.lease()) : nullptr)
      node.ttl = {lease->expiration_ns, store::remaining_seconds(*lease, now_ms_)};
    node.modified = entry.modified_seq();
    node.created = entry.created_seq();
    entry.mark_used();
    if (!node.dir && !node.value) gave_up_ = true;
    return node;
  }

  const Store& store_;
  uint64_t now_ms_;
  size_t steps_ = 0;
  bool gave_up_ = false;
};

// The state at one revision, read in slices.
class PinnedState {
 public:
  PinnedState(Store::Snapshot& snapshot, std::string root) : snapshot_(snapshot), root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  Seq seq() const { return snapshot_.seq(); }
  Revision revision() const { return snapshot_.revision(); }
  bool gave_up() const { return false; }

  bool exists(Family family, const std::string& name) { return find(family, name).has_value(); }

  std::optional<V2Node> find(Family family, const std::string& name) {
    std::vector<NodeView> found = snapshot_.slice(family, name, name + '\0', 1);
    if (found.empty()) return std::nullopt;
    return shown(std::move(found.front()));
  }

  template <typename Visit>
  void scan(Family family, std::string from, const std::string& to, Visit visit) {
    // Small at first: the caller jumps over what lies deeper, and much of a large slice would be read for nothing.
    for (size_t limit = 16;; limit = std::min(limit * 4, Store::kSliceNodes)) {
      std::vector<NodeView> slice = snapshot_.slice(family, from, to, limit);
      if (!slice.empty()) from = slice.back().key + '\0';
      for (NodeView& node : slice) {
        if (!visit(std::string_view(node.key), [&] { return shown(std::move(node)); })) return;
      }
      if (slice.size() < limit) return;
    }
  }

 private:
  V2Node shown(NodeView view) const {
    V2Node node;
    node.key = view.key.substr(root_.size());
    node.dir = view.family == Family::kDirectory;
    node.value = std::move(view.value);
    node.ttl = view.ttl;
    node.modified = node.dir ? view.created_seq : view.id.seq;
    node.created = view.created_seq;
    return node;
  }

  Store::Snapshot& snapshot_;
  const std::string root_;
};

template <typename State>
class Lister {
 public:
  Lister(State& state, const ReadRequest& request)
      : state_(state), request_(request), name_(state.root() + request.path) {}

  std::variant<Listing, NotThere> run() {
    listing_.index = state_.seq();
    listing_.revision = state_.revision();
    if (request_.path.empty()) {
      listing_.nodes.emplace_back().dir = true;  // the root has neither a name nor indexes
      list(name_, 1);
    } else if (auto directory = state_.find(Family::kDirectory, name_)) {
      listing_.nodes.push_back(*std::move(directory));
      list(name_, 1);
    } else if (auto file = state_.find(Family::kKey, name_)) {
      listing_.nodes.push_back(*std::move(file));
    } else {
      return missing();
    }
    return std::move(listing_);
  }

 private:
  // The children of a directory, depth first when recursive.
  void list(const std::string& directory, uint32_t depth) {
    std::vector<V2Node> children;
    collect(Family::kDirectory, directory, children);
    const auto middle = static_cast<ptrdiff_t>(children.size());
    collect(Family::kKey, directory, children);
    std::inplace_merge(children.begin(), children.begin() + middle, children.end(),
                       [](const V2Node& a, const V2Node& b) { return a.key < b.key; });
    // Of one name the directory came first: the file is shadowed (T4).
    const auto end =
        std::unique(children.begin(), children.end(), [](const V2Node& a, const V2Node& b) { return a.key == b.key; });
    for (auto child = children.begin(); child != end && !state_.gave_up(); ++child) {
      child->depth = depth;
      const bool descend = request_.recursive && child->dir;
      const std::string name = descend ? state_.root() + child->key : std::string();
      listing_.nodes.push_back(std::move(*child));
      if (descend) list(name, depth + 1);
    }
  }

  // Direct children of one family that v2 shows, in byte order. What lies deeper is jumped over, so that the cost
  // follows the number of children, not the size of the subtree.
  void collect(Family family, const std::string& directory, std::vector<V2Node>& children) {
    const std::string prefix = directory + '/';
    const std::string end = directory + char('/' + 1);
    std::string from = prefix;
    while (!from.empty() && !state_.gave_up()) {
      std::string next;
      state_.scan(family, from, end, [&](std::string_view name, auto take) {
        const std::string_view element = name.substr(prefix.size());
        if (const size_t slash = element.find('/'); slash != element.npos) {
          next = prefix;
          next.append(element.substr(0, slash)) += char('/' + 1);
          return false;
        }
        if (is_shown(family, name, element)) children.push_back(take());
        return true;
      });
      from = std::move(next);
    }
  }

  bool is_shown(Family family, std::string_view name, std::string_view element) const {
    if (element.starts_with('_')) return false;
    return family == Family::kDirectory || store::is_canonical_path(name.substr(state_.root().size()));
  }

  // Names the first missing component, or the file that blocks the walk.
  NotThere missing() {
    const size_t root_bytes = state_.root().size();
    std::string_view gap = name_;
    for (std::string_view path = store::parent_path(name_); path.size() > root_bytes; path = store::parent_path(path)) {
      if (state_.exists(Family::kDirectory, std::string(path))) break;
      gap = path;
    }
    const bool blocked = gap.size() < name_.size() && state_.exists(Family::kKey, std::string(gap));
    return {{blocked ? kNotDirectory : kKeyNotFound, std::string(gap.substr(root_bytes)), listing_.index},
            listing_.revision};
  }

  State& state_;
  const ReadRequest& request_;
  const std::string name_;  // with the v2 root
  Listing listing_;
};

}  // namespace

std::variant<Listing, NotThere, NeedsReader> read_fast(const Store& store, const ReadRequest& request,
                                                       uint64_t now_ms) {
  const Store::ReadLock lock(store);
  LiveState state(store, now_ms);
  auto answer = Lister(state, request).run();
  if (state.gave_up()) return NeedsReader{};
  if (auto* missing = std::get_if<NotThere>(&answer)) return std::move(*missing);
  return std::get<Listing>(std::move(answer));
}

std::variant<Listing, NotThere> read_slow(const Store& store, const ReadRequest& request, uint64_t now_ms) {
  std::string root;
  {
    const Store::ReadLock lock(store);
    root = store.v2_root();
  }
  auto snapshot = store.snapshot(Revision(), now_ms);
  if (!snapshot) fatal("the head revision cannot be read: " + snapshot.error().message);
  PinnedState state(**snapshot, std::move(root));
  return Lister(state, request).run();
}

}  // namespace viaduct::v3bridge
