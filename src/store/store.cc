#include "store/store.h"

#include <cassert>
#include <utility>

#include "store/store_impl.h"

namespace viaduct::store {
namespace {

constexpr uint64_t kNamesWithoutHint = 1000;

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(impl.release(), &Store::let_go) { impl_->lock = &lock_; }

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Disk& disk, const Options& options) {
  VIADUCT_TRY_ASSIGN(database, Database::open(disk, options.directory, options.write_buffer_bytes));
  auto impl = std::make_unique<Impl>(std::move(database), options);
  Result<void> whole = impl->restore();
  if (const Result<void> read = impl->database->status(); !read) whole = read;  // the cause of whatever else is wrong
  if (!whole) return Error{whole.error().code, options.directory + ": " + whole.error().message};
  if (!options.standby) impl->database->make_failures_fatal();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

// --- apply thread ---

WriteScope::WriteScope(Store::Impl& impl) : impl_(impl) {
  if (!impl_.in_transaction) impl_.lock->lock();
}

WriteScope::~WriteScope() {
  if (!impl_.in_transaction) impl_.lock->unlock();
}

void Store::begin_group() {
  assert(!impl_->in_group);
  impl_->in_group = true;
}

Transaction Store::begin(const Stamp& stamp, std::string_view user) {
  assert(impl_->in_group && !impl_->in_transaction);
  impl_->stamp = stamp;
  impl_->user = user;
  return Transaction(*impl_);
}

std::vector<EventPtr> Store::commit_group(const AppliedState& applied) {
  Impl& impl = *impl_;
  assert(impl.in_group && !impl.in_transaction);
  impl.batch.put(meta_key(kAppliedRow), encode_applied(applied));
  impl.batch.put(meta_key(kNumbersRow), encode_numbers(impl.numbers));
  impl.hint_at_names();
  impl.database->write(impl.batch);
  impl.batch.clear();
  impl.written_seq = impl.numbers.seq;
  impl.written_compacted_seq = impl.numbers.compacted_seq;
  impl.written_state_seq = impl.numbers.state_seq;

  std::vector<EventPtr> events(impl.events.begin(), impl.events.end());
  {
    const WriteScope scope(impl);
    impl.applied = applied;
    impl.events.clear();
    impl.values.admit(impl.tree.of(Family::kKey));
    impl.values.evict(impl.tree.of(Family::kKey), impl.written_seq);
  }
  impl.recent.push(events);
  impl.in_group = false;
  return events;
}

void Store::Impl::hint_at_names() {
  const uint64_t keys = tree.of(Family::kKey).size();
  const uint64_t directories = tree.of(Family::kDirectory).size();
  if (keys + directories < hinted_names + hinted_names / 4 + kNamesWithoutHint) return;
  hinted_names = keys + directories;
  std::string names;
  put_varint(names, keys);
  put_varint(names, directories);
  batch.put(meta_key(kNamesRow), names);
}

void Store::set_v2_root(std::string_view root) {
  assert(impl_->in_group);
  const WriteScope scope(*impl_);
  impl_->tree.set_root(root);
  impl_->batch.put(meta_key(kV2RootRow), root);
}

void Store::put_row(std::string_view name, std::string_view value) {
  assert(impl_->in_group);
  const WriteScope scope(*impl_);
  impl_->rows[std::string(name)] = value;
  impl_->batch.put(row_key(name), value);
}

void Store::delete_row(std::string_view name) {
  assert(impl_->in_group);
  const WriteScope scope(*impl_);
  impl_->rows.erase(std::string(name));
  impl_->batch.erase(row_key(name));
}

Result<void> Store::compact(Revision revision) {
  assert(impl_->in_group && !impl_->in_transaction);
  Numbers& numbers = impl_->numbers;
  if (numbers.compacted && revision <= numbers.compacted_revision) {
    return Error{Code::kCompacted, "compacted at " + to_string(numbers.compacted_revision)};
  }
  if (revision > numbers.revision) return Error{Code::kFutureRevision, "now at " + to_string(numbers.revision)};
  const WriteScope scope(*impl_);
  numbers.compacted = true;
  if (!revision) return {};
  impl_->cleaned = std::min(impl_->cleaned, RecordId{numbers.state_seq, UINT32_MAX});
  numbers.compacted_revision = revision;
  numbers.compacted_seq = impl_->revisions.last_seq(revision);
  numbers.state_seq = impl_->revisions.first_seq(revision).previous();
  impl_->revisions.forget_before(revision.previous());
  return {};
}

bool Store::compact_some(size_t max_records) { return impl_->compact_some(max_records); }

void Store::replace_with(std::unique_ptr<Store> next, Retire retire) {
  assert(!impl_->in_group);
  const Impl& other = *next->impl_;
  assert(other.numbers.seq >= impl_->numbers.seq && other.numbers.revision >= impl_->numbers.revision);
  assert(other.applied.index > impl_->applied.index);
  std::shared_ptr<Impl> old = std::move(next->impl_);
  old->lock = &lock_;
  impl_->retire = std::move(retire);
  {
    const std::lock_guard lock(lock_);
    impl_.swap(old);
  }
}

// Runs when nobody holds `impl` any more.
void Store::let_go(Impl* impl) {
  std::unique_ptr<Impl> gone(impl);
  if (!gone->retire) return;
  const Retire retire = std::exchange(gone->retire, nullptr);
  retire(std::unique_ptr<Store>(new Store(std::move(gone))));
}

// --- any thread ---

std::shared_ptr<Store::Impl> Store::content() const {
  const ReadLock lock(*this);
  return impl_;
}

void Store::barrier() { content()->database->barrier(); }

Result<void> Store::status() const { return content()->database->status(); }

void Store::put_in_use() { content()->database->make_failures_fatal(); }

bool Store::is_as_installed() const { return impl_->installed && impl_->installed == impl_->applied.index; }

Store::ReadLock::ReadLock(const Store& store) : store_(store) { store_.lock_.lock_shared(); }

Store::ReadLock::~ReadLock() { store_.lock_.unlock_shared(); }

Numbers Store::numbers() const { return impl_->numbers; }

AppliedState Store::applied() const { return impl_->applied; }

const std::string& Store::v2_root() const { return impl_->tree.root(); }

const Entry* Store::find(Family family, std::string_view key) const { return impl_->tree.find_live(family, key); }

void Store::scan(Family family, std::string_view from, std::string_view to,
                 const std::function<bool(const Entry&)>& visit) const {
  impl_->tree.scan(family, from, to, visit);
}

NodeView Store::view(const Entry& entry, uint64_t now_ms) const { return impl_->view(entry, now_ms); }

std::optional<ShownTtl> Store::Impl::shown_ttl(LeaseId id, uint64_t now_ms) const {
  const Lease* const lease = id ? leases.find(id) : nullptr;
  if (!lease) return std::nullopt;
  return ShownTtl{lease->expiration_ns, remaining_seconds(*lease, now_ms)};
}

NodeView Store::Impl::view(const Entry& entry, uint64_t now_ms) const {
  entry.mark_used();
  NodeView node;
  node.family = entry.family();
  node.key = entry.key();
  node.id = entry.id();
  node.create_revision = entry.create_revision();
  node.mod_revision = entry.mod_revision();
  node.version = entry.version();
  node.created_seq = entry.created_seq();
  node.value = entry.value();
  node.lease = entry.lease();
  node.ttl = shown_ttl(entry.lease(), now_ms);
  node.is_explicit = entry.is_explicit();
  node.children = entry.children();
  node.newest_below = entry.newest_below();
  return node;
}

std::optional<std::string> Store::row(std::string_view name) const {
  const auto found = impl_->rows.find(std::string(name));
  if (found == impl_->rows.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<std::string, std::string>> Store::rows(std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> rows;
  for (auto at = impl_->rows.lower_bound(std::string(prefix)); at != impl_->rows.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    rows.emplace_back(at->first, at->second);
  }
  return rows;
}

Seq Store::first_seq(Revision revision) const { return impl_->first_seq(revision); }

Seq Store::Impl::first_seq(Revision revision) const {
  return revision > numbers.revision ? numbers.seq.next() : revisions.first_seq(revision);
}

const Lease* Store::find_lease(LeaseId id) const { return impl_->leases.find(id); }

void Store::each_lease(const std::function<bool(const Lease&)>& visit, LeaseId from) const {
  impl_->leases.each(visit, from);
}

std::vector<std::pair<Family, std::string>> Store::attached(LeaseId id) const { return impl_->leases.attached(id); }

std::vector<LeaseId> Store::expired(uint64_t cluster_ms, size_t max_leases, size_t max_attached) const {
  const ReadLock lock(*this);
  return impl_->leases.expired(cluster_ms, max_leases, max_attached);
}

bool Store::has_leases() const {
  const ReadLock lock(*this);
  return !impl_->leases.empty();
}

uint64_t Store::hash() const { return impl_->hash(); }

Store::Sizes Store::sizes() const {
  const ReadLock lock(*this);
  const Impl& impl = *impl_;
  return {.live_keys = impl.tree.of(Family::kKey).live().size(),
          .directories = impl.tree.of(Family::kDirectory).live().size(),
          .leases = impl.leases.size(),
          .record_bytes = impl.record_bytes,
          .kept_events = impl.numbers.seq.value - impl.numbers.compacted_seq.value,
          .cached_value_bytes = impl.values.bytes(),
          .shadowed_keys = impl.tree.shadowed_keys()};
}

}  // namespace viaduct::store
