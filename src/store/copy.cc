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
  explicit StoreCopy(const Store::Impl& impl);

  const Numbers& numbers() const override { return numbers_; }
  const AppliedState& applied() const override { return applied_; }
  Result<void> each_row(const VisitRow& visit) const override;
  Result<void> each_lease(const std::function<Result<void>(const Lease&)>& visit) const override;
  Result<void> each_named(Bytes prefix, const VisitRow& visit) const override;
  std::vector<Kept> next() override;
  bool knows_key(std::string_view key) const override;

 private:
  std::string meta(std::string_view name) const;
  Result<void> each_with(const std::string& prefix, const VisitRow& visit) const;
  bool read_slice(std::vector<Kept>& slice);
  void drop_compacted(std::vector<Kept>& slice) const;

  const Store::Impl& impl_;
  std::optional<Pin> pin_;
  Database::View view_;
  Numbers numbers_;
  AppliedState applied_;
  Database::Cursor log_;
};

// Until the compaction point that the view has is known, nothing may be forgotten.
StoreCopy::StoreCopy(const Store::Impl& impl)
    : impl_(impl),
      pin_(std::in_place, impl, Seq()),
      view_(*impl.database),
      log_(*impl.database, &view_, Database::Reading::kAll) {
  const std::string numbers = meta(kNumbersRow), applied = meta(kAppliedRow);
  // A store without a group has no rows yet.
  if (!numbers.empty() && !decode_numbers(numbers, numbers_)) fatal("store: the numbers cannot be read");
  if (!applied.empty() && !decode_applied(applied, applied_)) fatal("store: the applied state cannot be read");
  {
    const Pin pin(impl, Seq());
    pin_.emplace(impl, numbers_.compacted_seq);
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
    const bool is_local = key == meta_key(kCleanedRow) || key == meta_key(kNamesRow);
    return is_local ? Result<void>() : visit(key, value);
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
  const std::shared_lock shared(impl_.lock);
  std::erase_if(slice, [&](Kept& kept) {
    const Record& record = kept.record;
    const Entry* const entry = impl_.tree.of(record.family).find(record.key);
    assert(entry || record.id.seq <= numbers_.compacted_seq);
    const std::optional<Entry::At> newest = entry ? entry->at(numbers_.seq) : std::nullopt;
    kept.is_newest = newest && newest->id == record.id;
    if (record.id.seq > numbers_.compacted_seq) return false;
    const std::optional<Entry::At> state = entry ? entry->at(numbers_.compacted_seq) : std::nullopt;
    return !state || state->tombstone || state->id != record.id;
  });
}

bool StoreCopy::knows_key(std::string_view key) const {
  const std::shared_lock shared(impl_.lock);
  return impl_.tree.of(Family::kKey).find(key) != nullptr;
}

}  // namespace

std::unique_ptr<Copy> Store::copy() const { return std::make_unique<StoreCopy>(*impl_); }

}  // namespace viaduct::store
