// The bytes of the event log: keys that sort as RecordIds do, and records (docs/formats.md, "Store").
//
// log_key := 0x01 seq:u64be part:u32be
// record  := kind:u8 flags:u8 has:u8 revision:varint key:bytes age:varint [version:varint revision_age:varint]
//            [lease:varint] [own_lease] [ttl] [prev_ttl] [prev] [sub:varint] [user:bytes] [value:bytes]
// bytes   := length:varint octet[length]       `flags` and `has` are named in record_codec.cc
// Errors: decoding never trusts a length; false means that the bytes are no record.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "store/record.h"

namespace viaduct::store {

inline constexpr char kLogTable = 0x01;
inline constexpr size_t kLogKeyBytes = 1 + 8 + 4;

std::string log_key(RecordId id);
std::optional<RecordId> parse_log_key(Bytes key);

std::string encode_record(const Record& record);              // all but the id, which is the key
bool decode_record(RecordId id, Bytes data, Record& record);  // overwrites `record`; reuses its buffers

}  // namespace viaduct::store
