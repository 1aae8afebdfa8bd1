#include "store/copy.h"

#include <cassert>
#include <optional>
#include <shared_mutex>

#include "store/pin.h"
#include "store/store_impl.h"

namespace viaduct::store {
namespace {

constexpr size_t kSliceRecords = 500;
constexpr size_t kSliceBytes = 1 << 20;

class StoreCopy final : public Copy {
 public:
  explicit StoreCopy(std::shared_ptr<const Store::Impl> content);

  const Numbers& numbers() const override { return numbers_; }
  const AppliedState& applied() const override { return applied_; }
  Result<void> each_row(const VisitRow& visit) const override;
  Result<void> each_lease(const std::function<Result<void>(const Lease&)>& visit) const override;
  Result<void> each_named(Bytes prefix, const VisitRow& visit) const override;
  std::vector<Kept> next() override;
  std::vector<Row> next_rows() override;
  bool knows_key(std::string_view key) const override;

 private:
  std::string meta(std::string_view name) const;
  Result<void> each_with(const std::string& prefix, const VisitRow& visit) const;
  bool read_slice(std::vector<Kept>& slice);
  void drop_compacted(std::vector<Kept>& slice) const;
  bool is_state(const Record& record) const;
  bool is_left_out(Bytes key, Bytes value);

  const std::shared_ptr<const Store::Impl> content_;
  const Store::Impl& impl_;
  std::optional<Pin> pin_;
  Database::View view_;
  Numbers numbers_;
  AppliedState applied_;
  Database::Cursor log_;
  Record record_;  // its buffers are used again and again
};

bool is_local(Bytes key) {
  return key == meta_key(kCleanedRow) || key == meta_key(kNamesRow) || key == meta_key(kInstalledRow);
}

// Until the compaction point that the view has is known, nothing may be forgotten.
StoreCopy::StoreCopy(std::shared_ptr<const Store::Impl> content)
    : content_(std::move(content)),
      impl_(*content_),
      pin_(std::in_place, impl_, Seq()),
      view_(*impl_.database),
      log_(*impl_.database, &view_, Database::Reading::kAll) {
  const std::string numbers = meta(kNumbersRow), applied = meta(kAppliedRow);
  // A store without a group has no rows yet.
  if (!numbers.empty() && !decode_numbers(numbers, numbers_)) fatal("store: the numbers cannot be read");
  if (!applied.empty() && !decode_applied(applied, applied_)) fatal("store: the applied state cannot be read");
  {
    const Pin pin(impl_, Seq());
    pin_.emplace(impl_, numbers_.state_seq);
  }
  log_.seek(Bytes(&kLogTable, 1));
}

std::string StoreCopy::meta(std::string_view name) const {
  return impl_.database->get(meta_key(name), &view_).value_or("");
}

Result<void> StoreCopy::each_with(const std::string& prefix, const VisitRow& visit) const {
  Database::Cursor cursor(*impl_.database, &view_, Database::Reading::kAll);
  for (cursor.seek(prefix); cursor.valid() && cursor.key().starts_with(prefix); cursor.next()) {
    VIADUCT_TRY(visit(cursor.key(), cursor.value()));
  }
  return {};
}

Result<void> StoreCopy::each_row(const VisitRow& visit) const {
  VIADUCT_TRY(each_with(std::string(1, kMetaTable), [&](Bytes key, Bytes value) -> Result<void> {
    return is_local(key) ? Result<void>() : visit(key, value);
  }));
  VIADUCT_TRY(each_with(std::string(1, kLeaseTable), visit));
  return each_with(std::string(1, kRowTable), visit);
}

Result<void> StoreCopy::each_lease(const std::function<Result<void>(const Lease&)>& visit) const {
  return each_with(std::string(1, kLeaseTable), [&](Bytes key, Bytes value) {
    ByteReader in(key.substr(1));
    Lease lease;
    if (!decode_lease(LeaseId(in.take_be64()), value, lease)) fatal("store: a lease cannot be read");
    return visit(lease);
  });
}

Result<void> StoreCopy::each_named(Bytes prefix, const VisitRow& visit) const {
  const std::string start = row_key(prefix);
  return each_with(start, [&](Bytes key, Bytes value) { return visit(key.substr(start.size()), value); });
}

std::vector<Copy::Kept> StoreCopy::next() {
  std::vector<Kept> slice;
  while (slice.empty() && read_slice(slice)) drop_compacted(slice);
  return slice;
}

// False when there was nothing more to read.
bool StoreCopy::read_slice(std::vector<Kept>& slice) {
  size_t bytes = 0;
  for (; slice.size() < kSliceRecords && bytes < kSliceBytes && log_.valid(); log_.next()) {
    const std::optional<RecordId> id = parse_log_key(log_.key());
    if (!id) break;
    if (!decode_record(*id, log_.value(), slice.emplace_back().record)) {
      fatal("store: a record of the log cannot be read");
    }
    bytes += log_.value().size();
  }
  return !slice.empty();
}

void StoreCopy::drop_compacted(std::vector<Kept>& slice) const {
  const std::shared_lock shared(*impl_.lock);
  std::erase_if(slice, [&](Kept& kept) {
    const Record& record = kept.record;
    const Entry* const entry = impl_.tree.of(record.family).find(record.key);
    assert(entry || record.id.seq <= numbers_.state_seq);
    const std::optional<Entry::At> newest = entry ? entry->at(numbers_.seq) : std::nullopt;
    kept.is_newest = newest && newest->id == record.id;
    kept.is_state = is_state(record);
    return record.id.seq <= numbers_.state_seq && !kept.is_state;
  });
}

// At the compaction point it was what its name had. Needs the lock.
bool StoreCopy::is_state(const Record& record) const {
  const Entry* const entry = impl_.tree.of(record.family).find(record.key);
  const std::optional<Entry::At> state = entry ? entry->at(numbers_.compacted_seq) : std::nullopt;
  return state && !state->tombstone && state->id == record.id;
}

std::vector<Copy::Row> StoreCopy::next_rows() {
  std::vector<Row> rows;
  size_t bytes = 0;
  for (; bytes < kSliceBytes && log_.valid(); log_.next()) {
    if (is_left_out(log_.key(), log_.value())) continue;
    const Row& row = rows.emplace_back(Row{std::string(log_.key()), std::string(log_.value())});
    bytes += row.key.size() + row.value.size();
  }
  return rows;
}

bool StoreCopy::is_left_out(Bytes key, Bytes value) {
  if (key.front() != kLogTable) return is_local(key);
  const std::optional<RecordId> id = parse_log_key(key);
  if (!id || id->seq > numbers_.state_seq) return false;
  if (!decode_record(*id, value, record_)) fatal("store: a record of the log cannot be read");
  const std::shared_lock shared(*impl_.lock);
  return !is_state(record_);
}

bool StoreCopy::knows_key(std::string_view key) const {
  const std::shared_lock shared(*impl_.lock);
  return impl_.tree.of(Family::kKey).find(key) != nullptr;
}

}  // namespace

std::unique_ptr<Copy> Store::copy() const { return std::make_unique<StoreCopy>(content()); }

}  // namespace viaduct::store
