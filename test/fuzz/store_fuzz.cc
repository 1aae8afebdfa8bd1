// Keys and values of the store's tables; the first byte chooses the table. What can be read is written in one way only,
// which is read as the same again.
#include <cassert>
#include <cstdint>
#include <string>

#include "store/lease_table.h"
#include "store/record_codec.h"
#include "store/store_impl.h"
#include "test/fuzz/input.h"

namespace viaduct::store {
namespace {

Record recovered(RecordId id, Bytes data, Record record = {}) {
  const bool decoded = decode_record(id, data, record);
  assert(decoded);
  return record;
}

void check_record(fuzz::Input& input) {
  const RecordId id{Seq(input.number()), static_cast<uint32_t>(input.number())};
  const Bytes data = input.rest();
  Record record;
  if (!decode_record(id, data, record)) return;
  const std::string encoded = encode_record(record);
  assert(recovered(id, encoded) == record);
  assert(recovered(id, encoded, record) == record);  // whatever was in it before
  assert(encoded.size() <= data.size());
  assert(encode_record(recovered(id, encoded)) == encoded);
  for (size_t cut = 0; cut < encoded.size(); ++cut) {
    const bool whole = decode_record(id, Bytes(encoded).substr(0, cut), record);
    assert(!whole);
  }
}

void check_log_keys(fuzz::Input& input) {
  const Bytes first = input.bytes(kLogKeyBytes);
  const auto a = parse_log_key(first);
  if (a) assert(log_key(*a) == first);
  const Bytes second = input.rest();
  const auto b = parse_log_key(second);
  if (b) assert(log_key(*b) == second);
  if (a && b) assert((*a < *b) == (first < second));
}

template <typename T, typename Decode, typename Encode>
void check_row(Bytes data, Decode decode, Encode encode) {
  T read{}, again{};
  if (!decode(data, read)) return;
  const std::string encoded = encode(read);
  const bool decoded = decode(encoded, again);
  assert(decoded);
  assert(encode(again) == encoded);
  assert(encoded.size() <= data.size());
}

void check(fuzz::Input& input) {
  switch (input.below(7)) {
    case 0:
      return check_log_keys(input);
    case 1:
      return check_row<RecordId>(input.rest(), decode_record_id, encode_record_id);
    case 2:
      return check_row<AppliedState>(input.rest(), decode_applied, encode_applied);
    case 3:
      return check_row<Index>(input.rest(), decode_index, encode_index);
    case 4:
      return check_row<Numbers>(input.rest(), decode_numbers, encode_numbers);
    case 5: {
      const LeaseId id(input.number());
      return check_row<Lease>(
          input.rest(), [id](Bytes data, Lease& lease) { return decode_lease(id, data, lease); }, encode_lease);
    }
    default:
      return check_record(input);
  }
}

}  // namespace
}  // namespace viaduct::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  viaduct::fuzz::Input input(data, size);
  viaduct::store::check(input);
  return 0;
}
