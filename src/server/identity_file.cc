#include "server/identity_file.h"

#include "base/bytes.h"
#include "base/log.h"

namespace viaduct::server {
namespace {

constexpr std::string_view kMagic = "VIADUCT\n";
constexpr size_t kCrcBytes = 4;
constexpr size_t kFixedBytes = kMagic.size() + 4 + 8 + 8 + kCrcBytes;
constexpr uint64_t kMaxFileBytes = 1 << 20;  // far beyond what a command line can name
constexpr uint32_t kFormatWithoutFounding = 1;

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
  auto bytes = read_file(disk, path, kMaxFileBytes);
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

void put_founding(std::string& bytes, const Founding& founding) {
  bytes.push_back(founding.founds ? 1 : 0);
  put_varint(bytes, founding.members.size());
  for (const v3bridge::Member& member : founding.members) {
    put_le64(bytes, member.id.value);
    put_length_prefixed(bytes, member.name);
    put_varint(bytes, member.peer_urls.size());
    for (const std::string& url : member.peer_urls) put_length_prefixed(bytes, url);
  }
}

Founding take_founding(ByteReader& reader) {
  Founding founding;
  founding.founds = reader.take_u8() != 0;
  for (uint64_t count = reader.take_varint(); reader.ok() && count > 0; --count) {
    v3bridge::Member member;
    member.id = MemberId(reader.take_le64());
    member.name = reader.take_length_prefixed();
    for (uint64_t urls = reader.take_varint(); reader.ok() && urls > 0; --urls) {
      member.peer_urls.emplace_back(reader.take_length_prefixed());
    }
    founding.members.push_back(std::move(member));
  }
  return founding;
}

}  // namespace

std::string encode_identity(const Identity& identity) {
  std::string bytes(kMagic);
  put_le32(bytes, kDataFormat);
  put_le64(bytes, identity.cluster.value);
  put_le64(bytes, identity.member.value);
  put_founding(bytes, identity.founding);
  put_le32(bytes, crc32c(0, bytes));
  return bytes;
}

Result<Identity> decode_identity(Bytes bytes) {
  if (bytes.size() < kFixedBytes) return Error{Code::kCorrupt, "only " + std::to_string(bytes.size()) + " bytes"};
  if (!bytes.starts_with(kMagic)) return Error{Code::kCorrupt, "not an identity file"};
  const Bytes checked = bytes.substr(0, bytes.size() - kCrcBytes);
  if (ByteReader(bytes.substr(checked.size())).take_le32() != crc32c(0, checked)) {
    return Error{Code::kCorrupt, "checksum does not match"};
  }
  ByteReader reader(checked.substr(kMagic.size()));
  const uint32_t format = reader.take_le32();
  if (format != kDataFormat && format != kFormatWithoutFounding) {
    return Error{Code::kInvalidArgument, "data format " + std::to_string(format) + ", this program knows format " +
                                             std::to_string(kDataFormat)};
  }
  Identity identity;
  identity.cluster = ClusterId(reader.take_le64());
  identity.member = MemberId(reader.take_le64());
  if (format != kFormatWithoutFounding) identity.founding = take_founding(reader);
  if (!reader.done()) return Error{Code::kCorrupt, "the founding cannot be read"};
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
