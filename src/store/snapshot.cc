// Reads at a kept revision: what the index knows of each name's versions, and the log for what memory does not hold.
#include <algorithm>
#include <cassert>
#include <set>
#include <shared_mutex>
#include <utility>

#include "store/store_impl.h"

namespace viaduct::store {
namespace {

NodeView node_view(Record record) {
  NodeView node;
  node.family = record.family;
  node.key = std::move(record.key);
  node.id = record.id;
  node.create_revision = record.create_revision;
  node.mod_revision = record.revision;
  node.version = record.version;
  node.created_seq = record.created_seq;
  node.value = std::move(record.value);
  node.lease = record.lease;
  node.ttl = record.ttl;
  node.is_explicit = record.is_explicit;
  return node;
}

// Walks live and dead names of an index as one order.
class Walk {
 public:
  Walk(const KeyIndex& index, std::string_view from)
      : live_(index.live().lower_bound(from)),
        live_end_(index.live().end()),
        dead_(index.dead().lower_bound(from)),
        dead_end_(index.dead().end()) {}

  const Entry* next() {
    if (live_ == live_end_ && dead_ == dead_end_) return nullptr;
    const bool take_live = dead_ == dead_end_ || (live_ != live_end_ && (*live_)->key() < (*dead_)->key());
    return take_live ? *live_++ : *dead_++;
  }

 private:
  KeyIndex::Ordered::const_iterator live_, live_end_, dead_, dead_end_;
};

// Keeps the records that a read at `seq` needs.
class Pin {
 public:
  Pin(const Store::Impl& impl, Seq seq) : impl_(impl) {
    const std::lock_guard guard(impl_.pins_mutex);
    at_ = impl_.pins.insert(seq);
  }
  ~Pin() {
    const std::lock_guard guard(impl_.pins_mutex);
    impl_.pins.erase(at_);
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  const Store::Impl& impl_;
  std::multiset<Seq>::iterator at_;
};

class PinnedSnapshot final : public Store::Snapshot {
 public:
  PinnedSnapshot(const Store::Impl& impl, Revision revision, Seq seq, uint64_t now_ms)
      : impl_(impl), revision_(revision), seq_(seq), now_ms_(now_ms), pin_(impl, seq) {}

  Revision revision() const override { return revision_; }
  Seq seq() const override { return seq_; }

  std::vector<NodeView> slice(Family family, std::string_view from, std::string_view to, size_t limit) override {
    limit = std::min(limit, Store::kSliceNodes);
    std::vector<NodeView> nodes;
    std::optional<std::string> next{std::string(from)};
    while (next && nodes.size() < limit) next = step(family, *next, to, limit, nodes);
    for (NodeView& node : nodes) complete(node);
    return nodes;
  }

 private:
  // One short stay under the lock. Says where to go on; nothing at the end of the range.
  std::optional<std::string> step(Family family, std::string_view from, std::string_view to, size_t limit,
                                  std::vector<NodeView>& nodes) const {
    const std::shared_lock shared(impl_.lock);
    Walk walk(impl_.tree.of(family), from);
    for (size_t steps = 0; steps < Store::kSliceNodes && nodes.size() < limit; ++steps) {
      const Entry* const entry = walk.next();
      if (!entry || (!to.empty() && entry->key() >= to)) return std::nullopt;
      take(*entry, nodes);
    }
    const Entry* const entry = walk.next();
    return entry ? std::optional<std::string>(entry->key()) : std::nullopt;
  }

  void take(const Entry& entry, std::vector<NodeView>& nodes) const {
    const std::optional<Entry::At> at = entry.at(seq_);
    if (!at || at->tombstone) return;
    NodeView node = impl_.view(entry, now_ms_);
    if (at->id != entry.id()) {  // an older version: only the log knows it
      node.id = at->id;
      node.version = 0;
    }
    nodes.push_back(std::move(node));
  }

  // Reads from the log what memory did not have; the pin keeps it there.
  void complete(NodeView& node) const {
    const bool is_older = node.version == 0 && node.id;
    const bool lacks_value = node.family == Family::kKey && !node.value;
    if (!is_older && !lacks_value) return;
    std::optional<Record> record = impl_.load_record(node.id);
    if (!record) fatal("store: a record that a reader needs is gone");
    if (!is_older) {
      node.value = std::move(record->value);
      return;
    }
    const uint32_t children = node.children;
    const Seq newest_below = node.newest_below;
    node = node_view(*std::move(record));
    node.children = children;
    node.newest_below = newest_below;
  }

  const Store::Impl& impl_;
  const Revision revision_;
  const Seq seq_;
  const uint64_t now_ms_;
  const Pin pin_;
};

}  // namespace

Result<std::unique_ptr<Store::Snapshot>> Store::snapshot(Revision revision, uint64_t now_ms) const {
  Numbers now;
  std::optional<Pin> pin;  // while the revision's last seq is looked up without the lock
  {
    const ReadLock lock(*this);
    now = impl_->numbers;
    pin.emplace(*impl_, now.compacted_seq);
  }
  if (!revision) revision = now.revision;
  if (revision < now.compacted_revision) {
    return Error{Code::kCompacted, "compacted at " + to_string(now.compacted_revision)};
  }
  if (revision > now.revision) return Error{Code::kFutureRevision, "now at " + to_string(now.revision)};
  const Seq seq = impl_->last_seq(revision, now);
  return std::unique_ptr<Snapshot>(std::make_unique<PinnedSnapshot>(*impl_, revision, seq, now_ms));
}

}  // namespace viaduct::store
