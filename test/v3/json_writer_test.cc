#include "v3/json_writer.h"

#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"

using namespace viaduct::v3;

namespace {

template <typename Message>
std::string json(const char* text, BytesAs bytes_as = BytesAs::kBase64) {
  Message message;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &message));
  JsonTypes types;
  std::string written;
  append_json(written, message, types.add(*message.GetDescriptor()), bytes_as);
  return written;
}

}  // namespace

// Seen on etcd 3.4.23.
TEST_CASE("a message is written as etcd's gateway writes it") {
  using namespace etcdserverpb;
  CHECK(json<DefragmentResponse>("") == "{}");
  CHECK(
      json<RangeResponse>(
          "header { cluster_id: 6964728607212473779 member_id: 9685874076489904787 revision: 3 raft_term: 2 }"
          "kvs { key: 'a' create_revision: 2 mod_revision: 2 version: 1 value: 'b' }"
          "kvs { key: '\\377\\377' create_revision: 3 mod_revision: 3 version: 1 value: '<<?>>' lease: 5 }"
          "more: true count: 2") ==
      R"({"header":{"cluster_id":"6964728607212473779","member_id":"9685874076489904787","revision":"3","raft_term":"2"},)"
      R"("kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"Yg=="},)"
      R"({"key":"//8=","create_revision":"3","mod_revision":"3","version":"1","value":"PDw/Pj4=","lease":"5"}],)"
      R"("more":true,"count":"2"})");
  CHECK(json<RangeResponse>("header {} count: 0 more: false") == R"({"header":{}})");
  CHECK(json<TxnResponse>("responses { response_txn { header {} responses { response_put {} } } } responses {}") ==
        R"({"responses":[{"response_txn":{"header":{},"responses":[{"response_put":{}}]}},{}]})");
  CHECK(json<HashResponse>("hash: 3142973076") == R"({"hash":3142973076})");
  CHECK(json<WatchResponse>("watch_id: -1 created: true events { type: DELETE kv { key: 'a' } } events { kv {} }") ==
        R"({"watch_id":"-1","created":true,"events":[{"type":"DELETE","kv":{"key":"YQ=="}},{"kv":{}}]})");
  CHECK(json<LeaseTimeToLiveResponse>("ID: 5 TTL: -1 keys: 'k' keys: ''") ==
        R"({"ID":"5","TTL":"-1","keys":["aw==",""]})");
  CHECK(json<AlarmResponse>("alarms { memberID: 1 } alarms { memberID: 18446744073709551615 alarm: NOSPACE }") ==
        R"({"alarms":[{"memberID":"1"},{"memberID":"18446744073709551615","alarm":"NOSPACE"}]})");
  CHECK(json<AuthRoleListResponse>("roles: '<&>\\342\\200\\250\\001\\t\\177\\010'") ==
        "{\"roles\":[\"\\u003c\\u0026\\u003e\\u2028\\u0001\\t\x7f\\u0008\"]}");
  CHECK(json<RangeRequest>("sort_order: DESCEND limit: -9223372036854775808") ==
        R"({"limit":"-9223372036854775808","sort_order":"DESCEND"})");
}

TEST_CASE("a number without a name in its enum is written as the number") {
  etcdserverpb::RangeRequest request;
  request.set_sort_order(static_cast<etcdserverpb::RangeRequest::SortOrder>(7));
  JsonTypes types;
  std::string written;
  append_json(written, request, types.add(*request.GetDescriptor()), BytesAs::kBase64);
  CHECK(written == R"({"sort_order":7})");
}

TEST_CASE("in text mode bytes are shown as they are, unless they are no text") {
  CHECK(json<mvccpb::KeyValue>("key: '/a' value: '\\303\\251\\n<'", BytesAs::kText) ==
        "{\"key\":\"/a\",\"value\":\"\xc3\xa9\\n\\u003c\"}");
  CHECK(json<mvccpb::KeyValue>("key: '/a' value: '\\377'", BytesAs::kText) ==
        R"({"key":"/a","value":{"base64":"/w=="}})");
}
