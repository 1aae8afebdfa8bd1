#include "v3/watch_encoding.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/bytes.h"
#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::ResponseHeader;
using etcdserverpb::WatchResponse;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using mvccpb::Event;
using mvccpb::KeyValue;
using v3bridge::KeyChange;
using v3bridge::KeyRow;

// Every field number here is below 16, so that a tag is one byte.
static_assert(WatchResponse::kEventsFieldNumber < 16);

constexpr char tag(int field, WireFormatLite::WireType type) { return static_cast<char>(field << 3 | type); }

// proto3 leaves out what is zero or empty.
size_t number_bytes(uint64_t value) { return value == 0 ? 0 : 1 + CodedOutputStream::VarintSize64(value); }
size_t block_bytes(size_t size) { return 1 + CodedOutputStream::VarintSize64(size) + size; }
size_t text_bytes(std::string_view text) { return text.empty() ? 0 : block_bytes(text.size()); }

void put_number(std::string& to, int field, uint64_t value) {
  if (value == 0) return;
  to += tag(field, WireFormatLite::WIRETYPE_VARINT);
  put_varint(to, value);
}

void put_block_head(std::string& to, int field, size_t size) {
  to += tag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  put_varint(to, size);
}

void put_text(std::string& to, int field, std::string_view text) {
  if (text.empty()) return;
  put_block_head(to, field, text.size());
  to += text;
}

size_t row_bytes(const KeyRow& row) {
  return text_bytes(row.key) + number_bytes(row.create_revision.value) + number_bytes(row.mod_revision.value) +
         number_bytes(row.version) + text_bytes(row.value) + number_bytes(row.lease.value);
}

void put_row(std::string& to, int field, const KeyRow& row, size_t size) {
  put_block_head(to, field, size);
  put_text(to, KeyValue::kKeyFieldNumber, row.key);
  put_number(to, KeyValue::kCreateRevisionFieldNumber, row.create_revision.value);
  put_number(to, KeyValue::kModRevisionFieldNumber, row.mod_revision.value);
  put_number(to, KeyValue::kVersionFieldNumber, row.version);
  put_text(to, KeyValue::kValueFieldNumber, row.value);
  put_number(to, KeyValue::kLeaseFieldNumber, row.lease.value);
}

// Takes the first event off `events`, tag and length included.
std::string_view take_event(std::string_view& events) {
  ByteReader reader(events);
  reader.take_u8();
  reader.take_length_prefixed();
  const std::string_view event = events.substr(0, events.size() - reader.rest().size());
  events.remove_prefix(event.size());
  return event;
}

}  // namespace

void append_header(std::string& to, const HeaderNumbers& numbers) {
  put_block_head(to, WatchResponse::kHeaderFieldNumber,
                 number_bytes(numbers.cluster.value) + number_bytes(numbers.member.value) +
                     number_bytes(numbers.revision.value) + number_bytes(numbers.term.value));
  put_number(to, ResponseHeader::kClusterIdFieldNumber, numbers.cluster.value);
  put_number(to, ResponseHeader::kMemberIdFieldNumber, numbers.member.value);
  put_number(to, ResponseHeader::kRevisionFieldNumber, numbers.revision.value);
  put_number(to, ResponseHeader::kRaftTermFieldNumber, numbers.term.value);
}

void append_event(std::string& to, const KeyChange& change) {
  const uint64_t type = change.deleted ? Event::DELETE : Event::PUT;
  const size_t row_size = row_bytes(change.row);
  const size_t prev_size = change.prev ? row_bytes(*change.prev) : 0;
  const size_t size = number_bytes(type) + block_bytes(row_size) + (change.prev ? block_bytes(prev_size) : 0);
  put_block_head(to, WatchResponse::kEventsFieldNumber, size);
  put_number(to, Event::kTypeFieldNumber, type);
  put_row(to, Event::kKvFieldNumber, change.row, row_size);
  if (change.prev) put_row(to, Event::kPrevKvFieldNumber, *change.prev, prev_size);
}

void append_response(std::string& to, std::string_view header, int64_t watch_id, bool is_fragment,
                     std::string_view events) {
  to += header;
  put_number(to, WatchResponse::kWatchIdFieldNumber, static_cast<uint64_t>(watch_id));
  put_number(to, WatchResponse::kFragmentFieldNumber, is_fragment);
  to += events;
}

std::vector<std::string_view> split_events(std::string_view events, size_t bytes) {
  std::vector<std::string_view> pieces;
  while (!events.empty()) {
    const std::string_view start = events;
    size_t size = take_event(events).size();
    for (std::string_view rest = events; !rest.empty();) {
      const size_t more = take_event(rest).size();
      if (size + more >= bytes) break;
      size += more;
      events = rest;
    }
    pieces.push_back(start.substr(0, size));
  }
  return pieces;
}

}  // namespace viaduct::v3
