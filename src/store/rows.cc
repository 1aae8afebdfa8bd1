// Keys and values of the small tables (docs/formats.md, "Store").
#include "store/store_impl.h"

namespace viaduct::store {

std::string meta_key(std::string_view name) { return kMetaTable + std::string(name); }

std::string lease_key(LeaseId id) {
  std::string key(1, kLeaseTable);
  put_be64(key, id.value);
  return key;
}

std::string row_key(std::string_view name) { return kRowTable + std::string(name); }

std::string format_row() {
  std::string out;
  put_varint(out, kFormatVersion);
  return out;
}

std::string encode_record_id(RecordId id) {
  std::string out;
  put_varint(out, id.seq.value);
  put_varint(out, id.part);
  return out;
}

bool decode_record_id(Bytes data, RecordId& id) {
  ByteReader in(data);
  id.seq = Seq(in.take_varint());
  const uint64_t part = in.take_varint();
  id.part = static_cast<uint32_t>(part);
  return in.done() && part <= UINT32_MAX;
}

std::string encode_applied(const AppliedState& applied) {
  std::string out;
  put_varint(out, applied.index.value);
  put_varint(out, applied.term.value);
  put_varint(out, applied.stamp.cluster_ms);
  put_zigzag(out, applied.stamp.wall_ns);
  put_be64(out, applied.chain);
  return out;
}

bool decode_applied(Bytes data, AppliedState& applied) {
  ByteReader in(data);
  applied.index = Index(in.take_varint());
  applied.term = Term(in.take_varint());
  applied.stamp.cluster_ms = in.take_varint();
  applied.stamp.wall_ns = in.take_zigzag();
  applied.chain = in.take_be64();
  return in.done();
}

std::string encode_index(Index index) {
  std::string out;
  put_varint(out, index.value);
  return out;
}

bool decode_index(Bytes data, Index& index) {
  ByteReader in(data);
  index = Index(in.take_varint());
  return in.done();
}

std::string encode_numbers(const Numbers& numbers) {
  std::string out;
  put_varint(out, numbers.seq.value);
  put_varint(out, numbers.revision.value);
  put_varint(out, numbers.compacted ? numbers.compacted_revision.value + 1 : 0);
  put_varint(out, numbers.compacted_seq.value);
  put_varint(out, numbers.state_seq.value);
  return out;
}

bool decode_numbers(Bytes data, Numbers& numbers) {
  ByteReader in(data);
  numbers.seq = Seq(in.take_varint());
  numbers.revision = Revision(in.take_varint());
  const uint64_t compacted = in.take_varint();
  numbers.compacted = compacted > 0;
  numbers.compacted_revision = Revision(numbers.compacted ? compacted - 1 : 0);
  numbers.compacted_seq = Seq(in.take_varint());
  numbers.state_seq = Seq(in.take_varint());
  return in.done() && numbers.compacted_revision <= numbers.revision && numbers.state_seq <= numbers.compacted_seq &&
         numbers.compacted_seq <= numbers.seq &&
         (numbers.compacted || numbers.compacted_seq == Numbers().compacted_seq);
}

}  // namespace viaduct::store
