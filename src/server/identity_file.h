// The identity of a member on disk, written once when it is made (CC-7). Everything else in the data directory is
// worthless, or dangerous, under another identity, so there are two copies and each is checked.
//
//   identity := magic[8] format:u32 cluster:u64 member:u64 founding crc:u32    little-endian
//   founding := founds:u8 count:varint member[count]                          absent in format 1: this member alone
//   member   := id:u64 name:text count:varint peer_url:text[count]            text: varint length, bytes
//   magic is "VIADUCT\n"; crc is CRC-32C over all before it.
#pragma once

#include <optional>
#include <string>

#include "base/disk.h"
#include "base/result.h"
#include "server/identity.h"

namespace viaduct::server {

inline constexpr std::string_view kIdentityFiles[] = {"identity.a", "identity.b"};
inline constexpr uint32_t kDataFormat = 2;  // of the whole data directory

std::string encode_identity(const Identity& identity);

// Errors: kCorrupt for bytes that are no identity, kInvalidArgument for one of a format that is not ours.
Result<Identity> decode_identity(Bytes bytes);

// Nothing when neither copy exists. A copy that is missing or damaged is replaced from the other one.
// Errors: kCorrupt when no copy can be trusted or when they differ; kInvalidArgument for a newer format; the disk's
// own.
Result<std::optional<Identity>> load_identity(Disk& disk, const std::string& directory);

// Durable when it returns.
Result<void> store_identity(Disk& disk, const std::string& directory, const Identity& identity);

}  // namespace viaduct::server
