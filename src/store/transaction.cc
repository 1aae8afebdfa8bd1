#include "store/transaction.h"

#include <cassert>
#include <utility>

#include "store/name_walk.h"
#include "store/store_impl.h"

namespace viaduct::store {

Transaction::Transaction(Store::Impl& impl) : impl_(impl) {
  impl_.lock->lock();
  impl_.in_transaction = true;
  impl_.appended = false;
  impl_.next_sub = 0;
}

Transaction::~Transaction() {
  if (impl_.appended) {
    impl_.numbers.revision = revision();
    [[maybe_unused]] const bool in_turn = impl_.revisions.extend(impl_.numbers.revision, impl_.numbers.seq);
    assert(in_turn);
  }
  impl_.in_transaction = false;
  impl_.lock->unlock();
}

const Stamp& Transaction::stamp() const { return impl_.stamp; }

Revision Transaction::revision() const { return impl_.numbers.revision.next(); }

bool Transaction::has_changes() const { return impl_.appended; }

Numbers Transaction::numbers() const { return impl_.numbers; }

const Entry* Transaction::key(std::string_view key) const { return impl_.tree.find_live(Family::kKey, key); }

const Entry* Transaction::directory(std::string_view path) const {
  return impl_.tree.find_live(Family::kDirectory, path);
}

void Transaction::scan(Family family, std::string_view from, std::string_view to,
                       const std::function<bool(const Entry&)>& visit) const {
  impl_.tree.scan(family, from, to, visit);
}

void Transaction::scan_keys_at(Revision revision, std::string_view from, std::string_view to,
                               const std::function<bool(const NodeView&)>& visit) const {
  const Seq seq = impl_.revisions.last_seq(revision);
  NameWalk walk(impl_.tree.of(Family::kKey), from);
  while (const Entry* const entry = walk.next()) {
    if (!to.empty() && entry->key() >= to) return;
    std::optional<NodeView> node = impl_.view_at(*entry, seq, impl_.stamp.cluster_ms);
    if (!node) continue;
    if (!Store::Impl::is_complete(*node, Detail::kAll)) Store::Impl::complete(*node, impl_.own_record(node->id));
    if (!visit(*node)) return;
  }
}

uint64_t Transaction::count_keys_at(Revision revision, std::string_view from, std::string_view to) const {
  uint64_t count = 0;
  impl_.count_at(Family::kKey, from, to, impl_.revisions.last_seq(revision), SIZE_MAX, count);
  return count;
}

Blob Transaction::value(const Entry& entry) const { return impl_.value_of(entry); }

Seq Transaction::begin_event() {
  Numbers& numbers = impl_.numbers;
  assert(impl_.events.empty() || impl_.events.back()->record.id);
  numbers.seq = numbers.seq.next();
  impl_.events.push_back(std::make_shared<Event>());
  return numbers.seq;
}

const Record& Transaction::append(const Draft& draft) { return impl_.append(draft); }

void Transaction::skip_to_sub(uint32_t sub) {
  assert(sub >= impl_.next_sub);
  impl_.next_sub = sub;
}

EventPtr Transaction::event() const { return impl_.events.back(); }

const Lease* Transaction::lease(LeaseId id) const { return impl_.leases.find(id); }

std::vector<std::pair<Family, std::string>> Transaction::attached(LeaseId id) const {
  return impl_.leases.attached(id);
}

void Transaction::grant(LeaseId id, uint64_t ttl_seconds) {
  assert(id && !lease(id));
  impl_.put_lease(lease_from(id, ttl_seconds, impl_.stamp));
}

void Transaction::renew(LeaseId id) {
  const Lease* const old = lease(id);
  assert(old);
  Lease renewed = lease_from(id, old->ttl_seconds, impl_.stamp);
  renewed.made_by_v2 = old->made_by_v2;
  impl_.put_lease(renewed);
}

void Transaction::drop_lease(LeaseId id) { impl_.erase_lease(id); }

// --- what append() does ---

const Record& Store::Impl::append(const Draft& draft) {
  assert(in_transaction && !events.empty() && events.back()->record.id.seq <= numbers.seq);
  Event& event = *events.back();
  const bool is_first = !event.record.id;
  KeyIndex& index = tree.of(draft.family);
  Entry* const known = index.find(draft.key);
  const Entry* const old = known && known->is_live() ? known : nullptr;
  assert(!old || old->id());  // the v2 root has no record
  assert(!draft.tombstone || old);

  Record record;
  record.id = {numbers.seq, is_first ? 0 : static_cast<uint32_t>(event.companions.size()) + 1};
  record.revision = numbers.revision.next();
  record.family = draft.family;
  if (record.family == Family::kKey) record.sub = next_sub++;
  record.action = draft.action;
  record.tombstone = draft.tombstone;
  record.is_explicit = draft.is_explicit;
  record.refresh = draft.refresh;
  record.by_v2 = draft.by_v2;
  record.silent = draft.silent;
  record.key = draft.key;
  record.user = user;
  if (old) record.prev = old->id();
  if (draft.tombstone) {
    record.created_seq = old->created_seq();
  } else {
    assert(bool(draft.value) == (draft.family == Family::kKey));
    record.value = draft.value;
    record.version = old ? old->version() + 1 : 1;
    record.create_revision = old ? old->create_revision() : record.revision;
    record.created_seq = draft.created_seq ? draft.created_seq : numbers.seq;
    if (draft.life) {
      record.version = draft.life->version;
      record.create_revision = draft.life->create_revision;
    }
  }
  fill_lease(draft, old, record);
  if (is_first) set_prev(old, record, event);

  const std::string data = encode_record(record);
  batch.put(log_key(record.id), data);
  const uint32_t bytes = static_cast<uint32_t>(kLogKeyBytes + data.size());
  record_bytes += bytes;

  const LeaseId lease_before = old ? old->lease() : LeaseId();
  if (old) values.removed(old->value());
  Entry& entry = tree.advance(known, record, bytes);
  values.added(entry.value());
  attach(entry, lease_before);

  appended = true;
  if (is_first) return event.record = std::move(record);
  return event.companions.emplace_back(std::move(record));
}

// N7, L1: the lease that the record attaches its name to, and the TTLs that history will show.
void Store::Impl::fill_lease(const Draft& draft, const Entry* old, Record& record) {
  if (old) record.prev_ttl = shown_ttl(old->lease(), stamp.cluster_ms);
  assert(!draft.keep_lease || (old && !draft.lease && !draft.ttl_seconds));
  assert(!(draft.lease && draft.ttl_seconds));
  if (draft.tombstone) return;
  if (draft.ttl_seconds) {
    Lease own = lease_from(leases.free_v2_id(numbers.seq), *draft.ttl_seconds, stamp);
    own.made_by_v2 = true;
    leases.put(own);
    record.lease = own.id;
  } else {
    record.lease = draft.keep_lease ? old->lease() : draft.lease;
  }
  if (!record.lease) return;
  const Lease* const lease = leases.find(record.lease);
  assert(lease);
  record.ttl = shown_ttl(lease->id, stamp.cluster_ms);
  // Every record of a lease without a row carries its terms: any of them may be the last that is kept.
  if (!lease->has_row) record.own_lease = OwnLease{lease->ttl_seconds, lease->deadline_ms, lease->expiration_ns};
}

// L2. The new attachment comes first, so that a lease which is attached again is not dropped in between.
void Store::Impl::attach(Entry& entry, LeaseId before) {
  const LeaseId now = entry.lease();
  if (now == before) return;
  if (now) leases.attach(now, entry);
  if (!before) return;
  leases.detach(before, entry);
  if (leases.find(before)->made_by_v2 && !leases.has_attachments(before)) erase_lease(before);
}

void Store::Impl::put_lease(const Lease& lease) {
  Lease with_row = lease;
  with_row.has_row = true;
  leases.put(with_row);
  batch.put(lease_key(lease.id), encode_lease(with_row));
}

void Store::Impl::erase_lease(LeaseId id) {
  const Lease* const lease = leases.find(id);
  assert(lease);
  if (lease->has_row) batch.erase(lease_key(id));
  leases.erase(id);
}

Blob Store::Impl::value_of(const Entry& entry) const {
  if (entry.value() || entry.family() == Family::kDirectory) return entry.value();
  std::optional<Record> record = written_record(entry.id());
  if (!record) fatal("store: the value of a live key is gone");
  return std::move(record->value);
}

// What v2 shows as prevNode: the node of before, or the file that v2 sets a directory over. Of that file the companion
// that removes it names the record: compaction follows `prev` within one family.
void Store::Impl::set_prev(const Entry* old, Record& record, Event& event) const {
  if (!old && record.family == Family::kDirectory) {
    old = tree.find_live(Family::kKey, record.key);
    if (old) record.prev_ttl = shown_ttl(old->lease(), stamp.cluster_ms);
  }
  if (old) event.prev = node_of(*old);
}

// The same as store::node_of(its newest record).
Record Store::Impl::node_of(const Entry& entry) const {
  Record node;
  node.id = entry.id();
  node.revision = entry.mod_revision();
  node.family = entry.family();
  node.is_explicit = entry.is_explicit();
  node.key = entry.key();
  node.value = value_of(entry);
  node.version = entry.version();
  node.create_revision = entry.create_revision();
  node.created_seq = entry.created_seq();
  node.lease = entry.lease();
  return node;
}

}  // namespace viaduct::store
