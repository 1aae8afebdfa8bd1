#include "v3/kv.h"

#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/service_world.h"

namespace viaduct::v3 {
namespace {

// The KV service alone. Requests are text; answers are text as well, in one line and without the header's ids.
class KvWorld : public ServiceWorld {
 public:
  explicit KvWorld(const ServiceOptions& wanted = {}) {
    options = wanted;
    add_kv_methods(methods, engine, options);
  }

  template <typename Request, typename Response>
  std::string ask(const std::string& name, const std::string& text) {
    Request request;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &request));
    return answer<Response>(*call("/etcdserverpb.KV/" + name, request));
  }
  std::string range(const std::string& text) {
    return ask<etcdserverpb::RangeRequest, etcdserverpb::RangeResponse>("Range", text);
  }
  std::string put(const std::string& text) {
    return ask<etcdserverpb::PutRequest, etcdserverpb::PutResponse>("Put", text);
  }
  std::string remove(const std::string& text) {
    return ask<etcdserverpb::DeleteRangeRequest, etcdserverpb::DeleteRangeResponse>("DeleteRange", text);
  }
  std::string txn(const std::string& text) {
    return ask<etcdserverpb::TxnRequest, etcdserverpb::TxnResponse>("Txn", text);
  }
  std::string compact(const std::string& text) {
    return ask<etcdserverpb::CompactionRequest, etcdserverpb::CompactionResponse>("Compact", text);
  }

  template <typename Response>
  static std::string answer(const Said& said) {
    if (said.messages.empty()) return said.end ? said.end->message : "(waits)";
    auto response = said.message<Response>(0);
    CHECK(response.header().cluster_id() == 0xc);
    CHECK(response.header().member_id() == 0xa);
    CHECK(response.header().raft_term() == 7);
    response.mutable_header()->clear_cluster_id();
    response.mutable_header()->clear_member_id();
    response.mutable_header()->clear_raft_term();
    return response.ShortDebugString();
  }
};

TEST_CASE("a put answers with its revision, and with what was there if that is wanted") {
  KvWorld world;
  CHECK(world.put("key:'a' value:'1'") == "header { revision: 2 }");
  CHECK(world.put("key:'a' value:'2' prev_kv:true") ==
        "header { revision: 3 } prev_kv { key: \"a\" create_revision: 2 mod_revision: 2 version: 1 value: \"1\" }");
  CHECK(world.put("key:'b' prev_kv:true") == "header { revision: 4 }");
  CHECK(world.put("key:'c' lease:9") == "etcdserver: requested lease not found");
  CHECK(world.put("key:'c' ignore_value:true") == "etcdserver: key not found");
  CHECK(world.put("value:'1'") == "etcdserver: key is not provided");
  CHECK(world.revision() == 4);
}

TEST_CASE("a range reads now or then, and its header says now") {
  KvWorld world;
  world.put("key:'a' value:'1'");
  world.put("key:'a' value:'2'");
  CHECK(
      world.range("key:'a'") ==
      "header { revision: 3 } kvs { key: \"a\" create_revision: 2 mod_revision: 3 version: 2 value: \"2\" } count: 1");
  CHECK(
      world.range("key:'a' revision:2") ==
      "header { revision: 3 } kvs { key: \"a\" create_revision: 2 mod_revision: 2 version: 1 value: \"1\" } count: 1");
  CHECK(world.range("key:'x'") == "header { revision: 3 }");
  CHECK(world.range("key:'a' range_end:'b' count_only:true") == "header { revision: 3 } count: 1");
  CHECK(world.range("key:'a' revision:4") == "etcdserver: mvcc: required revision is a future revision");
  CHECK(world.range("") == "etcdserver: key is not provided");
}

TEST_CASE("a linearizable range waits for what was acknowledged before, a serializable one does not") {
  KvWorld world;
  world.put("key:'a'");
  world.engine.hold();
  etcdserverpb::RangeRequest request;
  request.set_key("a");
  const auto waits = world.call("/etcdserverpb.KV/Range", request);
  CHECK(KvWorld::answer<etcdserverpb::RangeResponse>(*waits) == "(waits)");
  CHECK(world.range("key:'x' serializable:true") == "header { revision: 2 }");
  world.on_loop([&] { world.engine.release(); });
  world.settle();
  CHECK(waits->message<etcdserverpb::RangeResponse>(0).count() == 1);

  world.engine.refuse_next("etcdserver: request timed out");
  CHECK(world.range("key:'a'") == "etcdserver: request timed out");
}

TEST_CASE("a delete says how many keys went, and which") {
  KvWorld world;
  world.put("key:'a' value:'1'");
  world.put("key:'b' value:'2'");
  CHECK(world.remove("key:'x'") == "header { revision: 3 }");
  CHECK(world.remove("key:'a' range_end:'z' prev_kv:true") ==
        "header { revision: 4 } deleted: 2 "
        "prev_kvs { key: \"a\" create_revision: 2 mod_revision: 2 version: 1 value: \"1\" } "
        "prev_kvs { key: \"b\" create_revision: 3 mod_revision: 3 version: 1 value: \"2\" }");
  CHECK(world.remove("range_end:'z'") == "etcdserver: key is not provided");
}

TEST_CASE("a txn takes one branch, and inner headers have a revision only") {
  KvWorld world;
  CHECK(world.txn("compare{key:'a'} success{request_put{key:'a' value:'1'}} success{request_range{key:'a'}}") ==
        "header { revision: 2 } succeeded: true responses { response_put { header { revision: 2 } } } "
        "responses { response_range { header { revision: 2 } "
        "kvs { key: \"a\" create_revision: 2 mod_revision: 2 version: 1 value: \"1\" } count: 1 } }");
  CHECK(world.txn("compare{key:'a'} failure{request_range{key:'x'}}") ==
        "header { revision: 2 } responses { response_range { header { revision: 2 } } }");
  CHECK(world.txn("success{request_put{key:'a'}} success{request_put{key:'a'}}") ==
        "etcdserver: duplicate key given in txn request");
  CHECK(world.txn("success{request_put{key:'b'}} success{request_range{key:'b' revision:9}}") ==
        "etcdserver: mvcc: required revision is a future revision");
  CHECK(world.revision() == 2);
}

TEST_CASE("a txn that changes nothing waits like a read, unless all of it reads this member's own state") {
  struct Case {
    const char* text;
    bool waits;
  };
  for (const Case& c :
       {Case{"", true}, Case{"compare{key:'a'}", true}, Case{"success{request_range{key:'a'}}", true},
        Case{"success{request_range{key:'a' serializable:true}}", false},
        Case{"success{request_range{key:'a' serializable:true}} failure{request_range{key:'a'}}", true}}) {
    CAPTURE(c.text);
    KvWorld world;
    world.engine.hold();
    CHECK((world.txn(c.text) == "(waits)") == c.waits);
    world.on_loop([&] { world.engine.release(); });
    world.settle();
  }
}

TEST_CASE("compaction is refused behind the point where it was, and beyond the head") {
  KvWorld world;
  for (int i = 0; i < 3; ++i) world.put("key:'a'");
  const std::string compacted = "etcdserver: mvcc: required revision has been compacted";
  CHECK(world.compact("revision:-1") == compacted);
  CHECK(world.compact("") == "header { revision: 4 }");
  CHECK(world.compact("") == compacted);
  CHECK(world.compact("revision:3 physical:true") == "header { revision: 4 }");
  CHECK(world.compact("revision:3") == compacted);
  CHECK(world.compact("revision:5") == "etcdserver: mvcc: required revision is a future revision");
  CHECK(world.range("key:'a' revision:2") == compacted);
  CHECK(world.range("key:'a' revision:3 count_only:true") == "header { revision: 4 } count: 1");
}

TEST_CASE("a request larger than the log takes is refused, and one that just fits is not") {
  ServiceOptions options;
  options.max_request_bytes = 1000;
  KvWorld world(options);
  const auto put_of = [&](size_t bytes) { return world.put("key:'a' value:'" + std::string(bytes, 'v') + "'"); };
  CHECK(put_of(960) == "header { revision: 2 }");
  CHECK(put_of(1000) == "etcdserver: request is too large");
}

TEST_CASE("a full store refuses what would grow it before it looks at the request, and raises the alarm once") {
  ServiceOptions options;
  options.quota_bytes = 1000;
  KvWorld world(options);
  const std::string no_space = "etcdserver: mvcc: database space exceeded";
  CHECK(world.put("key:'a' value:'" + std::string(720, 'v') + "'") == "header { revision: 2 }");
  CHECK(world.engine.alarms().empty());
  CHECK(world.put("key:'b' value:'" + std::string(600, 'v') + "'") == no_space);
  REQUIRE(world.engine.alarms().size() == 1);
  CHECK(world.engine.alarms()[0].kind == "NOSPACE");
  CHECK(world.engine.alarms()[0].member == MemberId(0xa));
  CHECK(world.put("value:'" + std::string(600, 'v') + "'") == no_space);
  CHECK(world.put("") == no_space);
  CHECK(world.put("key:'small'") == no_space);
  CHECK(world.txn("failure{request_put{key:'b'}}") == no_space);
  CHECK(world.txn("success{request_txn{success{request_put{key:'b'}}}}") == no_space);
  CHECK(world.txn("success{request_range{key:'x'}}") != no_space);
  CHECK(world.remove("key:'a'") == "header { revision: 3 } deleted: 1");
  CHECK(world.compact("revision:3") == "header { revision: 3 }");
}

}  // namespace
}  // namespace viaduct::v3
