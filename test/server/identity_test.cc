#include "server/identity.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

TEST_CASE("ids are those that etcd derives") {
  struct Case {
    const char* url;
    const char* token;
    const char* member;
    const char* cluster;
  };
  for (const Case& c : {Case{"http://localhost:2380", "etcd-cluster", "8e9e05c52164694d", "cdf818194e3a8c32"},
                        Case{"http://127.0.0.1:34380", "etcd-cluster", "2c902495a3d372c7", "cf3541d82322dc81"},
                        Case{"https://localhost:20001", "new", "a8f3458387986d", "34c21a2d427db393"}}) {
    CAPTURE(c.url);
    const MemberId member = derive_member_id({c.url}, c.token);
    CHECK(to_hex(member.value) == c.member);
    CHECK(to_hex(derive_cluster_id({member}).value) == c.cluster);
  }
}

TEST_CASE("the order of URLs and of members does not matter") {
  CHECK(derive_member_id({"http://a:1", "http://b:2"}, "t") == derive_member_id({"http://b:2", "http://a:1"}, "t"));
  const MemberId one(1);
  const MemberId two(2);
  CHECK(derive_cluster_id({one, two}) == derive_cluster_id({two, one}));
}

TEST_CASE("token, time and every URL count") {
  const MemberId plain = derive_member_id({"http://a:1"}, "t");
  CHECK(plain != derive_member_id({"http://a:1"}, "u"));
  CHECK(plain != derive_member_id({"http://a:1", "http://b:2"}, "t"));
  CHECK(derive_member_id({"http://a:1"}, "", 5) != derive_member_id({"http://a:1"}, "", 6));
  CHECK(derive_member_id({"http://a:1"}, "", 5) == derive_member_id({"http://a:1"}, "5"));
}

}  // namespace
}  // namespace viaduct::server
