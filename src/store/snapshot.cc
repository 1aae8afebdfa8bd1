// Reads at a kept revision: what the index knows of each name's versions, and the log for what memory does not hold.
#include <algorithm>
#include <shared_mutex>
#include <utility>

#include "store/name_walk.h"
#include "store/pin.h"
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

class PinnedSnapshot final : public Store::Snapshot {
 public:
  PinnedSnapshot(std::shared_ptr<const Store::Impl> content, Revision revision, Seq seq, uint64_t now_ms)
      : content_(std::move(content)),
        impl_(*content_),
        revision_(revision),
        seq_(seq),
        numbers_(impl_.numbers),
        now_ms_(now_ms),
        pin_(impl_, seq) {}

  Revision revision() const override { return revision_; }
  Seq seq() const override { return seq_; }
  Numbers numbers() const override { return numbers_; }

  std::vector<NodeView> slice(Family family, std::string_view from, std::string_view to, size_t limit,
                              Detail detail) override {
    limit = std::min(limit, Store::kSliceNodes);
    std::vector<NodeView> nodes;
    std::optional<std::string> next{std::string(from)};
    while (next && nodes.size() < limit) next = step(family, *next, to, limit, nodes);
    for (NodeView& node : nodes) {  // the pin keeps the records in the log
      if (!Store::Impl::is_complete(node, detail)) Store::Impl::complete(node, impl_.load_record(node.id));
    }
    return nodes;
  }

  uint64_t count(Family family, std::string_view from, std::string_view to) override {
    uint64_t count = 0;
    std::optional<std::string> next{std::string(from)};
    while (next) {
      const std::shared_lock shared(*impl_.lock);
      next = impl_.count_at(family, *next, to, seq_, Store::kSliceNodes, count);
    }
    return count;
  }

  bool shows(const Record& record) const override {
    const std::shared_lock shared(*impl_.lock);
    const Entry* const entry = impl_.tree.of(record.family).find(record.key);
    const std::optional<Entry::At> at = entry ? entry->at(seq_) : std::nullopt;
    return at && !at->tombstone && at->id == record.id;
  }

  Blob value(const NodeView& node) const override {
    if (node.value || node.family == Family::kDirectory) return node.value;
    std::optional<Record> record = impl_.load_record(node.id);
    if (!record) fatal("store: a record that a reader needs is gone");
    return std::move(record->value);
  }

 private:
  // One short stay under the lock. Says where to go on; nothing at the end of the range.
  std::optional<std::string> step(Family family, std::string_view from, std::string_view to, size_t limit,
                                  std::vector<NodeView>& nodes) const {
    const std::shared_lock shared(*impl_.lock);
    NameWalk walk(impl_.tree.of(family), from);
    for (size_t steps = 0; steps < Store::kSliceNodes && nodes.size() < limit; ++steps) {
      const Entry* const entry = walk.next();
      if (!entry || (!to.empty() && entry->key() >= to)) return std::nullopt;
      if (std::optional<NodeView> node = impl_.view_at(*entry, seq_, now_ms_)) nodes.push_back(*std::move(node));
    }
    const Entry* const entry = walk.next();
    return entry ? std::optional<std::string>(entry->key()) : std::nullopt;
  }

  const std::shared_ptr<const Store::Impl> content_;
  const Store::Impl& impl_;
  const Revision revision_;
  const Seq seq_;
  const Numbers numbers_;
  const uint64_t now_ms_;
  const Pin pin_;
};

}  // namespace

std::optional<NodeView> Store::Impl::view_at(const Entry& entry, Seq seq, uint64_t now_ms) const {
  const std::optional<Entry::At> at = entry.at(seq);
  if (!at || at->tombstone) return std::nullopt;
  NodeView node = view(entry, now_ms);
  if (at->id != entry.id()) {
    node.id = at->id;
    node.version = 0;
  }
  return node;
}

std::optional<std::string> Store::Impl::count_at(Family family, std::string_view from, std::string_view to, Seq seq,
                                                 size_t max_steps, uint64_t& count) const {
  NameWalk walk(tree.of(family), from);
  for (size_t steps = 0;; ++steps) {
    const Entry* const entry = walk.next();
    if (!entry || (!to.empty() && entry->key() >= to)) return std::nullopt;
    if (steps == max_steps) return std::string(entry->key());
    const std::optional<Entry::At> at = entry->at(seq);
    count += at && !at->tombstone;
  }
}

bool Store::Impl::is_complete(const NodeView& node, Detail detail) {
  const bool is_older = node.version == 0 && node.id;
  const bool lacks_value = node.family == Family::kKey && !node.value;
  return !is_older && (!lacks_value || detail == Detail::kAllButValues);
}

void Store::Impl::complete(NodeView& node, std::optional<Record> record) {
  if (!record) fatal("store: a record that a reader needs is gone");
  if (node.version != 0) {
    node.value = std::move(record->value);
    return;
  }
  const uint32_t children = node.children;
  const Seq newest_below = node.newest_below;
  node = node_view(*std::move(record));
  node.children = children;
  node.newest_below = newest_below;
}

Result<std::unique_ptr<Store::Snapshot>> Store::snapshot(Revision revision, uint64_t now_ms) const {
  const ReadLock lock(*this);
  const Numbers& now = impl_->numbers;
  if (!revision) revision = now.revision;
  if (revision < now.compacted_revision) {
    return Error{Code::kCompacted, "compacted at " + to_string(now.compacted_revision)};
  }
  if (revision > now.revision) return Error{Code::kFutureRevision, "now at " + to_string(now.revision)};
  const Seq seq = impl_->revisions.last_seq(revision);
  return std::unique_ptr<Snapshot>(std::make_unique<PinnedSnapshot>(impl_, revision, seq, now_ms));
}

}  // namespace viaduct::store
