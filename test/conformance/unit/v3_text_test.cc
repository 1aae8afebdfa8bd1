#include "test/conformance/v3_text.h"

#include <doctest/doctest.h>

#include "etcdserverpb/rpc.pb.h"
#include "test/conformance/v3_schema.h"

using namespace viaduct::conformance;

namespace {

V3Frame frame() {
  V3Frame frame;
  frame.revision = 10;
  frame.cluster = 1000;
  frame.member = 2000;
  frame.client = "127.0.0.1:4001";
  frame.leases = {{int64_t{1} << 40, "L1"}};
  return frame;
}

std::string described(const char* rpc, const std::string& text) {
  const auto message = read_message(find_rpc(rpc)->response, text);
  REQUIRE_MESSAGE(message, text);
  return describe(**message, frame());
}

}  // namespace

TEST_CASE("answers are written with what may differ taken out") {
  struct Row {
    const char* rpc;
    const char* answer;
    const char* text;
  };
  const char* const kHeader = "header{cluster_id:1000 member_id:2000 raft_term:7 revision:12} ";
  for (const Row& row : {
           Row{"KV/Range", "kvs{key:'a\\000' mod_revision:11 version:11} count:1",
               R"(@r+2 kvs{key:"a\x00" mod_revision:r+1 version:11} count:1)"},
           Row{"KV/Range", "kvs{key:'a' lease:1099511627776} kvs{lease:77}",
               R"(@r+2 kvs{key:"a" lease:L1} kvs{lease:77})"},
           Row{"Lease/LeaseTimeToLive", "ID:77 TTL:59 grantedTTL:60", "@r+2 ID:77 TTL~59 grantedTTL:60"},
           Row{"Cluster/MemberList", "members{ID:2000 clientURLs:'http://127.0.0.1:4001'} members{ID:5}",
               R"(@r+2 members{ID:<member> clientURLs:"http://<client>"} members{ID:5})"},
           Row{"Maintenance/Status", "dbSize:9 leader:2000 raftTerm:7",
               "@r+2 dbSize:<number> leader:<member> raftTerm:<number>"},
           Row{"Lock/Lock", "key:'name/694d81b2c3d4e5f6'", R"(@r+2 key:"name/<lease>")"},
           Row{"Lock/Lock", "key:'name/37'", R"(@r+2 key:"name/37")"},
       }) {
    CAPTURE(row.answer);
    CHECK(described(row.rpc, kHeader + std::string(row.answer)) == row.text);
  }
}

TEST_CASE("a header that is not this server's is shown field by field") {
  CHECK(described("KV/Put", "header{cluster_id:1 member_id:2000 raft_term:7 revision:12}") ==
        "header{cluster_id:1 member_id:<member> revision:r+2 raft_term:<number>}");
  CHECK(described("KV/Put", "header{revision:9}") == "header{revision:r-1}");
  CHECK(described("KV/Put", "header{}") == "header{}");
}

TEST_CASE("a status has its code's name and its text") {
  CHECK(describe_status(0, "") == "OK");
  CHECK(describe_status(3, "etcdserver: key is not provided") == "InvalidArgument: etcdserver: key is not provided");
  CHECK(describe_status(99, "x") == "code 99: x");
  CHECK(describe_status(-1, "RST_STREAM 8") == "RST_STREAM 8");
  CHECK(is_code_name("NotFound"));
  CHECK_FALSE(is_code_name("Soon"));
}

TEST_CASE("long bytes are shown by length and checksum") {
  CHECK(describe_bytes("a\"\xff") == R"("a\"\xff")");
  CHECK(describe_bytes(std::string(1000, 'x')) != describe_bytes(std::string(999, 'x') + "y"));
}
