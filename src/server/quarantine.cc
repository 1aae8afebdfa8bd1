#include "server/quarantine.h"

#include "base/log.h"
#include "wal/ballot.h"

namespace viaduct::server {
namespace {

constexpr const char* kFileName = "quarantine";
constexpr const char* kQuarantinedText = "quarantined\n";
constexpr const char* kLostText = "lost\n";
constexpr const char* kDamagedSuffix = ".damaged";
constexpr uint64_t kMaxFileBytes = 64;

std::string replacement_advice(MemberId id) {
  const std::string name = to_hex(id.value);
  return "remove it from the cluster (etcdctl member remove " + name +
         "), empty its --data-dir and add it as a new member";
}

std::string path_of(const std::string& directory) { return join_path(directory, kFileName); }

// Segments get another name where they are: the directory may be a mount. What an earlier loss left goes, unless this
// is the same one after a crash.
Result<void> put_aside(Disk& disk, const std::string& directory, bool is_first_attempt) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(directory));
  if (!exists) return {};
  VIADUCT_TRY_ASSIGN(names, disk.list(directory));
  for (const std::string& name : names) {
    if (is_first_attempt && name.ends_with(kDamagedSuffix)) VIADUCT_TRY(disk.remove(join_path(directory, name)));
  }
  VIADUCT_TRY_ASSIGN(segments, wal::list_segments(disk, directory));
  for (const uint64_t segment : segments) {
    const std::string path = wal::segment_path(directory, segment);
    VIADUCT_TRY(disk.rename(path, path + kDamagedSuffix));
    log::warn("a segment of the damaged log was put aside", {{"path", path + kDamagedSuffix}});
  }
  return disk.sync_directory(directory);
}

}  // namespace

// Any other text stands for a loss that was noticed.
Result<LogStanding> read_standing(Disk& disk, const std::string& directory) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path_of(directory)));
  if (!exists) return LogStanding::kWhole;
  const Result<std::string> text = read_file(disk, path_of(directory), kMaxFileBytes);
  if (!text && text.error().code != Code::kTooLarge) return text.error();
  return text && *text == kLostText ? LogStanding::kLost : LogStanding::kQuarantined;
}

Result<void> write_standing(Disk& disk, const std::string& directory, LogStanding standing) {
  const std::string path = path_of(directory);
  if (standing != LogStanding::kWhole)
    return write_file_atomically(disk, path, standing == LogStanding::kLost ? kLostText : kQuarantinedText);
  VIADUCT_TRY(disk.remove(path));
  return disk.sync_directory(directory);
}

wal::Options wal_options(const NodeOptions& options) {
  wal::Options wal;
  wal.identity = {options.cluster_id, options.self.id};
  wal.ballot_path = join_path(options.data_directory, "ballot");
  wal.segment_bytes = options.wal_segment_bytes;
  return wal;
}

Result<void> enter_quarantine(Disk& disk, Random& random, const NodeOptions& options, const wal::Mark& last) {
  const wal::Options log = wal_options(options);
  VIADUCT_TRY_ASSIGN(ballot, wal::read_ballot(disk, log.ballot_path, log.identity));
  if (!ballot || ballot->term < last.term)
    return Error{Code::kCorrupt, "nor is it known for whom it has voted; " + replacement_advice(options.self.id)};
  VIADUCT_TRY_ASSIGN(standing, read_standing(disk, options.data_directory));
  VIADUCT_TRY(write_standing(disk, options.data_directory, LogStanding::kQuarantined));
  VIADUCT_TRY(put_aside(disk, options.wal_directory, standing == LogStanding::kWhole));
  VIADUCT_TRY_ASSIGN(wal, wal::Wal::create(disk, options.wal_directory, log, random));
  return wal->mark(last);
}

std::string lost_log_text(MemberId id) {
  return "this member does not have all that it once acknowledged: " + replacement_advice(id);
}

}  // namespace viaduct::server
