#include "v3/grpc_headers.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace viaduct::v3 {
namespace {

std::optional<GrpcHead> head_with(const std::string& name, const std::string& value) {
  net::Request request("POST", "/etcdserverpb.KV/Range");
  if (name != "content-type") request.add_header("content-type", "application/grpc");
  request.add_header(name, value);
  return read_grpc_head(request);
}

TEST_CASE("gRPC's content type may have a subtype, which the answer repeats") {
  struct Case {
    const char* type;
    const char* answer;  // null: not gRPC
  };
  for (const Case& c : {Case{"application/grpc", "content-type: application/grpc\r\n"},
                        Case{"application/grpc+proto", "content-type: application/grpc+proto\r\n"},
                        Case{"application/grpc;x", "content-type: application/grpc+x\r\n"},
                        Case{"Application/GRPC+Proto", "content-type: application/grpc+proto\r\n"},
                        Case{"application/grpcx", nullptr}, Case{"application/json", nullptr}, Case{"", nullptr}}) {
    CAPTURE(c.type);
    const std::optional<GrpcHead> head = head_with("content-type", c.type);
    REQUIRE(head.has_value() == (c.answer != nullptr));
    if (head) CHECK(grpc_headers(head->subtype).lines() == c.answer);
  }
}

TEST_CASE("what is not HTTP's or gRPC's own is metadata") {
  CHECK(head_with("token", "x")->metadata.find("token") == "x");
  for (const char* name : {"te", "user-agent", "host", "grpc-accept-encoding", "grpc-timeout", "grpc-encoding"}) {
    CAPTURE(name);
    const auto head = head_with(name, "1S");
    REQUIRE(head);
    CHECK(head->metadata.empty());
  }
}

TEST_CASE("a timeout that is none makes a request that is none") {
  CHECK(head_with("grpc-timeout", "1S")->timeout == std::chrono::seconds(1));
  CHECK_FALSE(head_with("grpc-timeout", "1").has_value());
  CHECK_FALSE(head_with("grpc-timeout", "123456789S").has_value());
}

TEST_CASE("identity is no encoding") {
  CHECK(head_with("grpc-encoding", "identity")->encoding.empty());
  CHECK(head_with("grpc-encoding", "gzip")->encoding == "gzip");
}

TEST_CASE("a message is printable ASCII, the rest behind percent signs") {
  struct Case {
    std::string text;
    std::string encoded;
  };
  for (const Case& c : {Case{"", ""}, Case{"plain ~", "plain ~"}, Case{"50%", "50%25"}, Case{"a\nb", "a%0Ab"},
                        Case{"\x7f", "%7F"}, Case{"caf\xc3\xa9", "caf%C3%A9"}, Case{"\xff", "%EF%BF%BD"}}) {
    CAPTURE(c.text);
    CHECK(encode_grpc_message(c.text) == c.encoded);
  }
}

TEST_CASE("an answer without messages is headers only") {
  const net::Reply reply = grpc_trailers_only("", {StatusCode::kNotFound, "100%"});
  CHECK(reply.bare);
  CHECK(reply.headers.lines() == "content-type: application/grpc\r\ngrpc-status: 5\r\ngrpc-message: 100%25\r\n");
  CHECK(reply.trailers.lines().empty());
  CHECK(grpc_trailers({}).lines() == "grpc-status: 0\r\ngrpc-message: \r\n");
}

}  // namespace
}  // namespace viaduct::v3
