#include "v3/snapshot_job.h"

#include <algorithm>

#include "store/copy.h"

namespace viaduct::v3::snapshot {
namespace {

constexpr uint64_t kBlockBytes = 1 << 20;
constexpr uint64_t kRecordBytes = 80;  // at most, what a record takes in the file beyond its size in the store
constexpr uint64_t kFixedBytes = 1 << 20;

uint64_t estimated_bytes(const store::Store& store) {
  const store::Store::Sizes sizes = store.sizes();
  return kFixedBytes + sizes.record_bytes +
         kRecordBytes * (sizes.live_keys + sizes.directories + sizes.leases + sizes.kept_events);
}

}  // namespace

// --- Desk ---

Result<void> Desk::check_room(uint64_t bytes) const {
  VIADUCT_TRY_ASSIGN(free, disk_.free_bytes(directory_));
  if (free >= reserve_bytes_ && free - reserve_bytes_ >= bytes) return {};
  return Error{Code::kNoSpace, "no room for a snapshot: it needs about " + std::to_string(bytes) + " bytes more, " +
                                   std::to_string(free) + " are free, and " + std::to_string(reserve_bytes_) +
                                   " of them must stay so"};
}

// The name is there for a moment only; one that a crash left is in nobody's use.
Result<std::unique_ptr<File>> Desk::open_nameless() {
  const std::lock_guard lock(naming_);
  const std::string path = join_path(directory_, "snapshot.tmp");
  VIADUCT_TRY_ASSIGN(exists, disk_.exists(path));
  if (exists) VIADUCT_TRY(disk_.remove(path));
  VIADUCT_TRY_ASSIGN(file, disk_.open(path, OpenMode::kCreate));
  VIADUCT_TRY(disk_.remove(path));
  return file;
}

bool Desk::take_place() {
  size_t taken = taken_;
  while (taken < at_once_) {
    if (taken_.compare_exchange_weak(taken, taken + 1)) return true;
  }
  return false;
}

// --- Job ---

Job::~Job() {
  if (has_place_) --desk_.taken_;
}

Result<void> Job::begin() {
  has_place_ = desk_.take_place();
  if (!has_place_) return Error{Code::kTooManyRequests, "too many snapshots at once"};
  VIADUCT_TRY(desk_.check_room(estimated_bytes(store_)));
  VIADUCT_TRY_ASSIGN(file, desk_.open_nameless());
  file_ = std::move(file);
  builder_ = std::make_unique<Builder>(store_.copy(), *file_);
  return {};
}

Result<bool> Job::build_step() {
  if (!builder_) VIADUCT_TRY(begin());
  VIADUCT_TRY(desk_.check_room(0));
  return builder_->step();
}

Result<std::string> Job::read_block() {
  std::string block(std::min(kBlockBytes, bytes() - read_bytes_), '\0');
  VIADUCT_TRY_ASSIGN(got, file_->read_at(read_bytes_, block));
  if (got != block.size()) return Error{Code::kIo, "the snapshot's file ends too early"};
  read_bytes_ += got;
  digest_.add(block);
  return block;
}

}  // namespace viaduct::v3::snapshot
