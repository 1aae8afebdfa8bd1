#include "v3/snapshot_format.h"

namespace viaduct::v3::snapshot {

std::string encode_row_id(const RowId& id) {
  std::string key;
  put_be64(key, id.main.value);
  key.push_back('_');
  put_be64(key, id.sub);
  if (id.tombstone) key.push_back('t');
  return key;
}

std::optional<RowId> decode_row_id(Bytes key) {
  ByteReader in(key);
  RowId id;
  id.main = Revision(in.take_be64());
  const uint8_t separator = in.take_u8();
  id.sub = in.take_be64();
  if (!in.ok() || separator != '_') return std::nullopt;
  id.tombstone = in.rest() == "t";
  if (!id.tombstone && !in.done()) return std::nullopt;
  return id;
}

}  // namespace viaduct::v3::snapshot
