#include "server/snapshot_file.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"

namespace viaduct::server {
namespace {

using v3::snapshot::kDigestBytes;
using v3::snapshot::kSectorBytes;

constexpr uint64_t kBlockBytes = 1 << 20;

Result<std::string> read_exactly(File& file, uint64_t offset, uint64_t bytes) {
  std::string block(bytes, '\0');
  VIADUCT_TRY_ASSIGN(got, file.read_at(offset, block));
  if (got != bytes) return Error{Code::kCorrupt, "the file became shorter while it was read"};
  return block;
}

Result<std::string> digest_of(File& file, uint64_t bytes) {
  Sha256 sha;
  for (uint64_t at = 0; at < bytes; at += kBlockBytes) {
    VIADUCT_TRY_ASSIGN(block, read_exactly(file, at, std::min(kBlockBytes, bytes - at)));
    sha.add(block);
  }
  return sha.finish();
}

std::string numbers_of(Bytes bytes) {
  std::string text = "[";
  for (const char c : bytes) text += (text.size() > 1 ? " " : "") + std::to_string(static_cast<uint8_t>(c));
  return text + "]";
}

Result<void> check_digest(File& file, uint64_t bytes) {
  VIADUCT_TRY_ASSIGN(expected, read_exactly(file, bytes, kDigestBytes));
  VIADUCT_TRY_ASSIGN(digest, digest_of(file, bytes));
  if (digest == expected) return {};
  return Error{Code::kCorrupt, "expected sha256 " + numbers_of(expected) + ", got " + numbers_of(digest)};
}

Error bad_row(Bytes key, const char* what) {
  std::string hex;
  for (const char c : key.substr(0, 18))
    hex += (static_cast<uint8_t>(c) < 16 ? "0" : "") + to_hex(static_cast<uint8_t>(c));
  return {Code::kCorrupt, "bucket key: row " + hex + " " + what};
}

bool numbers_fit(const SnapshotRow& row) {
  const mvccpb::KeyValue& kv = row.kv;
  if (row.id.main.value < 2 || row.id.main > kMaxRevision || row.id.sub > UINT32_MAX || kv.key().empty()) return false;
  if (row.id.tombstone) return true;
  return kv.mod_revision() == static_cast<int64_t>(row.id.main.value) && kv.create_revision() > 0 &&
         kv.create_revision() <= kv.mod_revision() && kv.version() > 0;
}

}  // namespace

Result<SnapshotFile> open_snapshot(Disk& disk, const std::string& path, bool skip_hash_check) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file && file.error().code == Code::kNotFound) {
    return Error{Code::kNotFound, "open " + path + ": no such file or directory"};
  }
  if (!file) return std::move(file).error();
  VIADUCT_TRY_ASSIGN(size, (*file)->size());
  const bool has_digest = size % kSectorBytes == kDigestBytes;
  const uint64_t bytes = has_digest ? size - kDigestBytes : size;
  if (!skip_hash_check && !has_digest) {
    return Error{Code::kInvalidArgument, "snapshot missing hash but --skip-hash-check=false"};
  }
  if (!skip_hash_check) VIADUCT_TRY(check_digest(**file, bytes));
  const Result<bolt::Reader> reader = bolt::Reader::open(**file, bytes);
  if (!reader) return Error{reader.error().code, path + ": " + reader.error().message};
  return SnapshotFile{*std::move(file), *reader};
}

Result<SnapshotRows> SnapshotRows::open(const bolt::Reader& reader) {
  VIADUCT_TRY_ASSIGN(cursor, reader.bucket(v3::snapshot::kKeyBucket));
  return SnapshotRows(std::move(cursor));
}

Result<bool> SnapshotRows::next() {
  if (!cursor_) return false;
  VIADUCT_TRY_ASSIGN(more, cursor_->next());
  if (!more) return false;
  const std::optional<v3::snapshot::RowId> id = v3::snapshot::decode_row_id(cursor_->key());
  if (!id) return bad_row(cursor_->key(), "has no revision");
  const v3::snapshot::RowId before = std::exchange(row_.id, *id);
  const Bytes value = cursor_->value();
  if (!row_.kv.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return bad_row(cursor_->key(), "cannot be read");
  }
  if (!numbers_fit(row_)) return bad_row(cursor_->key(), "has numbers that do not fit together");
  if (std::pair(row_.id.main, row_.id.sub) <= std::pair(before.main, before.sub))
    return bad_row(cursor_->key(), "has the revision of the one before it");  // as a put and as a delete
  return true;
}

}  // namespace viaduct::server
