#include "wal/ballot.h"

#include "base/bytes.h"
#include "wal/format.h"

namespace viaduct::wal {
namespace {

constexpr uint32_t kMagic = 0x4c4c4256;  // "VBLL"
constexpr uint32_t kVersion = 1;
constexpr size_t kBytes = 4 + 4 + 4 * 8 + 4;
static_assert(kBytes <= kSectorBytes);

std::string encode(const Identity& identity, Term term, MemberId vote) {
  std::string bytes;
  put_le32(bytes, kMagic);
  put_le32(bytes, kVersion);
  put_le64(bytes, identity.cluster.value);
  put_le64(bytes, identity.member.value);
  put_le64(bytes, term.value);
  put_le64(bytes, vote.value);
  put_le32(bytes, crc32c(0, bytes));
  return bytes;
}

}  // namespace

Result<Ballot> Ballot::open(Disk& disk, const std::string& path, const Identity& identity) {
  Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::kWrite);
  if (!file && file.error().code == Code::kNotFound) file = disk.open(path, OpenMode::kCreate);
  if (!file) return std::move(file).error();
  VIADUCT_TRY(disk.sync_directory(parent_directory(path)));
  return Ballot(std::move(file).value(), identity);
}

Result<void> Ballot::write(Term term, MemberId vote) {
  VIADUCT_TRY(file_->write_at(0, encode(identity_, term, vote)));
  return file_->sync();
}

Result<std::optional<HardState>> read_ballot(Disk& disk, const std::string& path, const Identity& identity) {
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path));
  if (!exists) return std::optional<HardState>();
  Result<std::string> bytes = read_file(disk, path, kSectorBytes);
  if (!bytes && bytes.error().code != Code::kTooLarge) return std::move(bytes).error();
  if (!bytes || bytes->size() != kBytes) return std::optional<HardState>();
  ByteReader reader(Bytes(*bytes).substr(4 + 4 + 2 * 8));
  const Term term(reader.take_le64());
  const MemberId vote(reader.take_le64());
  if (*bytes != encode(identity, term, vote)) return std::optional<HardState>();
  return std::optional(HardState{term, vote, Index()});
}

bool is_newer(const HardState& next, const HardState& than) {
  return next.term > than.term || (next.term == than.term && next.vote && !than.vote);
}

}  // namespace viaduct::wal
