#include "store/record_codec.h"

#include <doctest/doctest.h>

#include <vector>

namespace viaduct::store {
namespace {

constexpr uint64_t kMax = UINT64_MAX;

Record small() {
  Record record;
  record.id = {Seq(4), 0};
  record.revision = record.create_revision = Revision(2);
  record.created_seq = Seq(4);
  record.version = 1;
  record.key = "/a";
  record.value = Blob("");
  return record;
}

Record full() {
  Record record = small();
  record.id = {Seq(kMax), UINT32_MAX};
  record.revision = Revision(kMax);
  record.create_revision = Revision(1);
  record.created_seq = Seq(1);
  record.version = kMax;
  record.action = Action::kExpire;
  record.is_explicit = record.refresh = record.by_v2 = record.silent = true;
  record.key = std::string(300, 'k') + std::string("\0/\xff", 3);
  record.value = Blob(std::string(70'000, '\x80'));
  record.lease = LeaseId(kMax);
  record.own_lease = OwnLease{9'000'000'000, kMax, INT64_MIN};
  record.ttl = ShownTtl{INT64_MAX, -1};
  record.prev_ttl = ShownTtl{-1, INT64_MIN};
  record.prev = {Seq(kMax), UINT32_MAX - 1};
  record.sub = UINT32_MAX;
  record.user = "root";
  return record;
}

Record tombstone() {
  Record record = small();
  record.id = {Seq(9), 7};
  record.revision = Revision(9);
  record.action = Action::kCompareAndDelete;
  record.tombstone = true;
  record.value = Blob();
  record.version = 0;
  record.create_revision = Revision();
  record.prev = {Seq(4), 0};
  return record;
}

Record directory() {
  Record record = small();
  record.family = Family::kDirectory;
  record.is_explicit = true;
  record.value = Blob();
  return record;
}

struct Case {
  const char* name;
  Record record;
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"small", small()}, {"full", full()}, {"tombstone", tombstone()}, {"directory", directory()}};
  return all;
}

}  // namespace

TEST_CASE("a record comes back from its bytes as it was") {
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    const std::string data = encode_record(c.record);
    Record back = full();  // whatever it held before goes
    REQUIRE(decode_record(c.record.id, data, back));
    CHECK(back == c.record);
    CHECK(encode_record(back) == data);
  }
}

TEST_CASE("a record that lost or gained bytes at its end is none") {
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    const std::string data = encode_record(c.record);
    Record back;
    const size_t step = data.size() > 10'000 ? 97 : 1;
    for (size_t left = 0; left < data.size(); left += left + 700 < data.size() ? step : 1) {
      CAPTURE(left);
      CHECK_FALSE(decode_record(c.record.id, Bytes(data).substr(0, left), back));
    }
    CHECK_FALSE(decode_record(c.record.id, data + '\0', back));
  }
}

TEST_CASE("a record with an unknown kind, flag or field is none") {
  const std::string good = encode_record(small());
  Record back;
  for (size_t position = 0; position < 3; ++position) {
    for (const uint8_t bad : {uint8_t{0x07}, uint8_t{0x20}, uint8_t{0x80}, uint8_t{0xff}}) {
      if (position > 0 && bad == 0x07) continue;  // known flags
      if (position == 2 && (bad == 0x20 || bad == 0x80)) continue;
      std::string data = good;
      data[position] = static_cast<char>(bad);
      CAPTURE(position);
      CAPTURE(int(bad));
      CHECK_FALSE(decode_record(small().id, data, back));
    }
  }
}

TEST_CASE("a record whose sub-revision is zero does not say so, and one beyond 32 bits is none") {
  Record record = small(), back;
  record.sub = 1;
  std::string data = encode_record(record);
  const size_t at = data.size() - 2;  // before the empty value
  REQUIRE(data[at] == 1);
  data[at] = 0;
  CHECK_FALSE(decode_record(record.id, data, back));
  data.replace(at, 1, "\xff\xff\xff\xff\x0f");
  CHECK(decode_record(record.id, data, back));
  CHECK(back.sub == UINT32_MAX);
  data.replace(at, 5, "\x80\x80\x80\x80\x10");
  CHECK_FALSE(decode_record(record.id, data, back));
}

TEST_CASE("a record with a lease, an earlier record or a user that is nobody is none") {
  Record record = small(), back;
  record.value = Blob();
  record.lease = LeaseId(1);
  std::string data = encode_record(record);
  REQUIRE(data.back() == 1);
  data.back() = 0;
  CHECK_FALSE(decode_record(record.id, data, back));

  record.lease = LeaseId();
  record.prev = {Seq(1), 1};
  data = encode_record(record);
  REQUIRE(data.substr(data.size() - 2) == "\3\1");  // so much older than seq 4
  data[data.size() - 2] = 4;
  CHECK_FALSE(decode_record(record.id, data, back));

  record.prev = RecordId();
  record.user = "u";
  data = encode_record(record);
  REQUIRE(data.ends_with("\1u"));
  data.replace(data.size() - 2, 2, 1, '\0');
  CHECK_FALSE(decode_record(record.id, data, back));
}

TEST_CASE("a record older than what it follows from is none") {
  Record record = small();
  record.created_seq = Seq(4);
  const std::string data = encode_record(record);
  Record back;
  CHECK(decode_record({Seq(4), 0}, data, back));
  record.created_seq = Seq(1);
  CHECK_FALSE(decode_record({Seq(2), 0}, encode_record(record), back));  // 3 before 2
}

TEST_CASE("log keys sort as record ids do, and come back") {
  const std::vector<RecordId> ids = {{Seq(0), 0},          {Seq(4), 0},   {Seq(4), 1},
                                     {Seq(4), UINT32_MAX}, {Seq(256), 0}, {Seq(kMax), 3}};
  for (size_t i = 0; i < ids.size(); ++i) {
    CHECK(parse_log_key(log_key(ids[i])) == ids[i]);
    if (i > 0) CHECK(log_key(ids[i - 1]) < log_key(ids[i]));
  }
  const std::string key = log_key({Seq(4), 1});
  for (size_t left = 0; left < key.size(); ++left) CHECK_FALSE(parse_log_key(Bytes(key).substr(0, left)));
  CHECK_FALSE(parse_log_key(key + 'x'));
  CHECK_FALSE(parse_log_key('\x02' + key.substr(1)));
}

}  // namespace viaduct::store
