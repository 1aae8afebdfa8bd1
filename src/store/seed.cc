#include "store/seed.h"

#include <cassert>
#include <utility>

#include "store/store_impl.h"

namespace viaduct::store {
namespace {

constexpr size_t kBatchBytes = 4 << 20;

}  // namespace

struct Seed::Parts {
  std::unique_ptr<Database> database;
  Database::Batch batch;
  size_t batch_bytes = 0;
  Result<void> status;
};

Seed::Seed(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Seed::~Seed() = default;

Result<std::unique_ptr<Seed>> Seed::create(Disk& disk, const std::string& directory) {
  auto parts = std::make_unique<Parts>();
  VIADUCT_TRY_ASSIGN(database, Database::open(disk, directory));
  Database::Cursor cursor(*database, nullptr, Database::Reading::kFew);
  cursor.seek("");
  if (cursor.valid()) return Error{Code::kAlreadyExists, directory + " holds a store"};
  parts->database = std::move(database);
  return std::unique_ptr<Seed>(new Seed(std::move(parts)));
}

void Seed::put_empty() {
  put_row(meta_key(kFormatRow), format_row());
  put_row(meta_key(kNumbersRow), encode_numbers(Numbers()));
  put_row(meta_key(kAppliedRow), encode_applied(AppliedState()));
}

void Seed::put(const Record& record) { put_row(log_key(record.id), encode_record(record)); }

void Seed::put_lease(const Lease& lease) { put_row(lease_key(lease.id), encode_lease(lease)); }

void Seed::put_named(Bytes name, Bytes value) { put_row(row_key(name), value); }

void Seed::put_row(Bytes key, Bytes value) {
  parts_->batch.put(key, value);
  parts_->batch_bytes += key.size() + value.size();
  if (parts_->batch_bytes >= kBatchBytes) write();
}

void Seed::put_installed(Index index) { put_row(meta_key(kInstalledRow), encode_index(index)); }

Result<void> Seed::status() const { return parts_->status; }

void Seed::write() {
  if (parts_->status) parts_->status = parts_->database->try_write(parts_->batch);
  parts_->batch.clear();
  parts_->batch_bytes = 0;
}

Result<void> Seed::finish() {
  write();
  if (parts_->status) parts_->status = parts_->database->try_barrier();
  return parts_->status;
}

void Store::advance_to(Revision revision, Seq seq) {
  assert(impl_->in_group && !impl_->in_transaction);
  Numbers& numbers = impl_->numbers;
  assert(revision >= numbers.revision && seq >= numbers.seq);
  const WriteScope scope(*impl_);
  numbers.revision = revision;
  numbers.seq = seq;
  impl_->revisions.start(revision, seq);
}

}  // namespace viaduct::store
