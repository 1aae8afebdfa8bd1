#include "server/identity_file.h"

#include "base/bytes.h"
#include "base/log.h"

namespace viaduct::server {
namespace {

constexpr std::string_view kMagic = "VIADUCT\n";
constexpr size_t kIdentityBytes = 32;
static_assert(kMagic.size() + 4 + 8 + 8 + 4 == kIdentityBytes);

struct Copy {
  std::string path;
  bool exists = false;
  std::optional<Identity> identity;
  std::string problem;
};

Result<Copy> read_copy(Disk& disk, const std::string& path) {
  Copy copy{path, false, std::nullopt, path + " is missing"};
  VIADUCT_TRY_ASSIGN(exists, disk.exists(path));
  if (!exists) return copy;
  copy.exists = true;
  auto bytes = read_file(disk, path, kIdentityBytes);
  if (!bytes && bytes.error().code != Code::kTooLarge) return std::move(bytes).error();
  auto identity = bytes ? decode_identity(*bytes) : Result<Identity>(Error{Code::kCorrupt, "too long"});
  if (identity) {
    copy.identity = *identity;
  } else if (identity.error().code == Code::kCorrupt) {
    copy.problem = path + ": " + identity.error().message;
  } else {
    return Error{identity.error().code, path + ": " + identity.error().message};
  }
  return copy;
}

}  // namespace

std::string encode_identity(const Identity& identity) {
  std::string bytes(kMagic);
  put_le32(bytes, kDataFormat);
  put_le64(bytes, identity.cluster.value);
  put_le64(bytes, identity.member.value);
  put_le32(bytes, crc32c(0, bytes));
  return bytes;
}

Result<Identity> decode_identity(Bytes bytes) {
  if (bytes.size() != kIdentityBytes) return Error{Code::kCorrupt, std::to_string(bytes.size()) + " bytes, not 32"};
  ByteReader reader(bytes);
  const Bytes magic = reader.take_bytes(kMagic.size());
  const uint32_t format = reader.take_le32();
  Identity identity;
  identity.cluster = ClusterId(reader.take_le64());
  identity.member = MemberId(reader.take_le64());
  const uint32_t crc = reader.take_le32();
  if (magic != kMagic) return Error{Code::kCorrupt, "not an identity file"};
  if (crc != crc32c(0, bytes.substr(0, kIdentityBytes - 4))) return Error{Code::kCorrupt, "checksum does not match"};
  if (format != kDataFormat) {
    return Error{Code::kInvalidArgument, "data format " + std::to_string(format) + ", this program knows format " +
                                             std::to_string(kDataFormat)};
  }
  if (!identity.cluster || !identity.member) return Error{Code::kCorrupt, "an id is 0"};
  return identity;
}

Result<std::optional<Identity>> load_identity(Disk& disk, const std::string& directory) {
  VIADUCT_TRY_ASSIGN(a, read_copy(disk, join_path(directory, std::string(kIdentityFiles[0]))));
  VIADUCT_TRY_ASSIGN(b, read_copy(disk, join_path(directory, std::string(kIdentityFiles[1]))));
  if (!a.exists && !b.exists) return std::optional<Identity>();
  if (!a.identity && !b.identity) return Error{Code::kCorrupt, a.problem + "; " + b.problem};
  if (a.identity && b.identity) {
    if (*a.identity != *b.identity) return Error{Code::kCorrupt, a.path + " and " + b.path + " differ"};
    return a.identity;
  }
  const Copy& good = a.identity ? a : b;
  const Copy& bad = a.identity ? b : a;
  log::warn("repairing a copy of the identity", {{"problem", bad.problem}, {"from", good.path}});
  VIADUCT_TRY(write_file_atomically(disk, bad.path, encode_identity(*good.identity)));
  return good.identity;
}

Result<void> store_identity(Disk& disk, const std::string& directory, const Identity& identity) {
  for (const std::string_view name : kIdentityFiles) {
    VIADUCT_TRY(write_file_atomically(disk, join_path(directory, std::string(name)), encode_identity(identity)));
  }
  return {};
}

}  // namespace viaduct::server
