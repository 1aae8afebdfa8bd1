#include "store/record_codec.h"

namespace viaduct::store {
namespace {

// kind := action in the low four bits, family above.
constexpr uint8_t kActionMask = 0x0f;
constexpr uint8_t kDirectoryBit = 0x10;
constexpr uint8_t kLastAction = static_cast<uint8_t>(Action::kExpire);

enum Flag : uint8_t {
  kTombstone = 1 << 0,
  kExplicit = 1 << 1,
  kRefresh = 1 << 2,
  kByV2 = 1 << 3,
  kSilent = 1 << 4,
  kAllFlags = (1 << 5) - 1,
};

// Which optional fields follow.
enum Has : uint8_t {
  kLease = 1 << 0,
  kOwnLease = 1 << 1,
  kTtl = 1 << 2,
  kPrevTtl = 1 << 3,
  kPrev = 1 << 4,
  kUser = 1 << 5,
  kValue = 1 << 6,
  kSub = 1 << 7,
};

uint8_t flags_of(const Record& r) {
  return (r.tombstone ? kTombstone : 0) | (r.is_explicit ? kExplicit : 0) | (r.refresh ? kRefresh : 0) |
         (r.by_v2 ? kByV2 : 0) | (r.silent ? kSilent : 0);
}

uint8_t has_of(const Record& r) {
  return (r.lease ? kLease : 0) | (r.own_lease ? kOwnLease : 0) | (r.ttl ? kTtl : 0) | (r.prev_ttl ? kPrevTtl : 0) |
         (r.prev ? kPrev : 0) | (r.user.empty() ? 0 : kUser) | (r.value ? kValue : 0) | (r.sub ? kSub : 0);
}

void put_ttl(std::string& to, const ShownTtl& ttl) {
  put_zigzag(to, ttl.expiration_ns);
  put_zigzag(to, ttl.ttl_seconds);
}

ShownTtl take_ttl(ByteReader& in) {
  ShownTtl ttl;
  ttl.expiration_ns = in.take_zigzag();
  ttl.ttl_seconds = in.take_zigzag();
  return ttl;
}

OwnLease take_own_lease(ByteReader& in) {
  OwnLease own;
  own.ttl_seconds = in.take_varint();
  own.deadline_ms = in.take_varint();
  own.expiration_ns = in.take_zigzag();
  return own;
}

// Numbers are kept as distances from the newer one they belong to: most of them fit into a byte.
bool take_distance(ByteReader& in, uint64_t newer, uint64_t& older) {
  const uint64_t distance = in.take_varint();
  older = newer - distance;
  return in.ok() && distance <= newer;
}

bool decode_optional(ByteReader& in, uint8_t has, Record& record) {
  if (has & kLease) record.lease = LeaseId(in.take_varint());
  if (has & kOwnLease) record.own_lease = take_own_lease(in);
  if (has & kTtl) record.ttl = take_ttl(in);
  if (has & kPrevTtl) record.prev_ttl = take_ttl(in);
  if (has & kPrev) {
    if (!take_distance(in, record.id.seq.value, record.prev.seq.value)) return false;
    const uint64_t part = in.take_varint();
    if (part > UINT32_MAX) return false;
    record.prev.part = static_cast<uint32_t>(part);
  }
  if (has & kSub) {
    const uint64_t sub = in.take_varint();
    if (sub == 0 || sub > UINT32_MAX) return false;
    record.sub = static_cast<uint32_t>(sub);
  }
  if (has & kUser) record.user = in.take_length_prefixed();
  if (has & kValue) record.value = Blob(in.take_length_prefixed());
  return in.done() && has_of(record) == has;  // what is said to be there is there
}

}  // namespace

std::string log_key(RecordId id) {
  std::string key(1, kLogTable);
  put_be64(key, id.seq.value);
  put_be32(key, id.part);
  return key;
}

std::optional<RecordId> parse_log_key(Bytes key) {
  ByteReader in(key);
  if (in.take_u8() != kLogTable) return std::nullopt;
  RecordId id;
  id.seq = Seq(in.take_be64());
  id.part = in.take_be32();
  if (!in.done()) return std::nullopt;
  return id;
}

std::string encode_record(const Record& record) {
  std::string out;
  out.reserve(48 + record.key.size() + record.user.size() + record.value.size());
  out.push_back(static_cast<char>(static_cast<uint8_t>(record.action) |
                                  (record.family == Family::kDirectory ? kDirectoryBit : 0)));
  out.push_back(static_cast<char>(flags_of(record)));
  out.push_back(static_cast<char>(has_of(record)));
  put_varint(out, record.revision.value);
  put_length_prefixed(out, record.key);
  put_varint(out, record.id.seq.value - record.created_seq.value);
  if (!record.tombstone) {
    put_varint(out, record.version);
    put_varint(out, record.revision.value - record.create_revision.value);
  }
  if (record.lease) put_varint(out, record.lease.value);
  if (record.own_lease) {
    put_varint(out, record.own_lease->ttl_seconds);
    put_varint(out, record.own_lease->deadline_ms);
    put_zigzag(out, record.own_lease->expiration_ns);
  }
  if (record.ttl) put_ttl(out, *record.ttl);
  if (record.prev_ttl) put_ttl(out, *record.prev_ttl);
  if (record.prev) {
    put_varint(out, record.id.seq.value - record.prev.seq.value);
    put_varint(out, record.prev.part);
  }
  if (record.sub) put_varint(out, record.sub);
  if (!record.user.empty()) put_length_prefixed(out, record.user);
  if (record.value) put_length_prefixed(out, record.value.view());
  return out;
}

bool decode_record(RecordId id, Bytes data, Record& record) {
  ByteReader in(data);
  const uint8_t kind = in.take_u8();
  const uint8_t flags = in.take_u8();
  const uint8_t has = in.take_u8();
  const uint8_t action = kind & kActionMask;
  if (!in.ok() || kind > (kActionMask | kDirectoryBit) || action > kLastAction || flags > kAllFlags) return false;

  std::string key_buffer = std::move(record.key);
  record = Record();
  record.id = id;
  record.family = kind & kDirectoryBit ? Family::kDirectory : Family::kKey;
  record.action = static_cast<Action>(action);
  record.tombstone = flags & kTombstone;
  record.is_explicit = flags & kExplicit;
  record.refresh = flags & kRefresh;
  record.by_v2 = flags & kByV2;
  record.silent = flags & kSilent;
  record.revision = Revision(in.take_varint());
  key_buffer.assign(in.take_length_prefixed());
  record.key = std::move(key_buffer);
  if (!take_distance(in, id.seq.value, record.created_seq.value)) return false;
  if (!record.tombstone) {
    record.version = in.take_varint();
    if (!take_distance(in, record.revision.value, record.create_revision.value)) return false;
  }
  return decode_optional(in, has, record);
}

}  // namespace viaduct::store
