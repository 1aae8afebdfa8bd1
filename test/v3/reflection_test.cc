#include "v3/reflection.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "grpc/reflection.pb.h"
#include "grpc/reflection_v1alpha.pb.h"
#include "test/v3/fake_call.h"
#include "v3/health.h"

namespace viaduct::v3 {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

constexpr const char* kPath = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr const char* kAlphaPath = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// A server that offers the health service and one call of the KV service.
struct Offered {
  Offered() {
    add_health_methods(methods);
    methods.add_unary<etcdserverpb::RangeRequest, etcdserverpb::RangeResponse>(
        "/etcdserverpb.KV/Range", {}, [](std::unique_ptr<Call>, etcdserverpb::RangeRequest&) {});
    add_reflection_methods(methods);
  }
  Methods methods;
};

struct Session : Offered {
  ServerReflectionResponse ask(ServerReflectionRequest request) {
    stream.inbound->on_message(request);
    return stream.said->message<ServerReflectionResponse>(stream.said->messages.size() - 1);
  }
  ServerReflectionResponse file(const std::string& name) {
    ServerReflectionRequest request;
    request.set_file_by_filename(name);
    return ask(request);
  }
  ServerReflectionResponse symbol(const std::string& name) {
    ServerReflectionRequest request;
    request.set_file_containing_symbol(name);
    return ask(request);
  }

  FakeStream stream{methods, kPath};
};

std::vector<FileDescriptorProto> files_of(const ServerReflectionResponse& response) {
  std::vector<FileDescriptorProto> files;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto())
    REQUIRE(files.emplace_back().ParseFromString(bytes));
  return files;
}

std::string names(const ServerReflectionResponse& response) {
  std::string text;
  for (const FileDescriptorProto& file : files_of(response)) text += file.name() + " ";
  return text;
}

TEST_CASE("the services are those that are offered, reflection included, in order") {
  Session session;
  ServerReflectionRequest request;
  request.set_host("here");
  request.set_list_services("*");
  const ServerReflectionResponse response = session.ask(request);
  std::string services;
  for (const auto& service : response.list_services_response().service()) services += service.name() + " ";
  CHECK(services ==
        "etcdserverpb.KV grpc.health.v1.Health grpc.reflection.v1.ServerReflection "
        "grpc.reflection.v1alpha.ServerReflection ");
  CHECK(response.valid_host() == "here");
  CHECK(response.original_request().SerializeAsString() == request.SerializeAsString());
}

TEST_CASE("a file comes with all that it imports, so that a client can build its messages from them alone") {
  Session session;
  DescriptorPool pool;
  std::vector<FileDescriptorProto> files = files_of(session.file("etcdserverpb/rpc.proto"));
  REQUIRE(files.size() > 1);
  CHECK(files[0].name() == "etcdserverpb/rpc.proto");
  for (auto file = files.rbegin(); file != files.rend(); ++file) REQUIRE(pool.BuildFile(*file));
  const auto* service = pool.FindServiceByName("etcdserverpb.KV");
  REQUIRE(service);
  CHECK(service->FindMethodByName("Range")->input_type()->FindFieldByName("range_end")->number() == 2);
}

TEST_CASE("an import is sent once in a session, and what was asked for always") {
  Session session;
  CHECK(names(session.file("etcdserverpb/rpc.proto")) == "etcdserverpb/rpc.proto authpb/auth.proto mvccpb/kv.proto ");
  CHECK(names(session.file("etcdserverpb/rpc.proto")) == "etcdserverpb/rpc.proto ");
  CHECK(names(session.file("mvccpb/kv.proto")) == "mvccpb/kv.proto ");
  Session other;
  CHECK(names(other.file("mvccpb/kv.proto")) == "mvccpb/kv.proto ");
  CHECK(names(other.file("etcdserverpb/rpc.proto")) == "etcdserverpb/rpc.proto authpb/auth.proto ");
}

TEST_CASE("a symbol of any kind leads to its file") {
  for (const char* name : {"etcdserverpb.KV", "etcdserverpb.KV.Range", "etcdserverpb.RangeRequest",
                           "etcdserverpb.RangeRequest.key", "etcdserverpb.RangeRequest.SortOrder"}) {
    CAPTURE(name);
    Session session;
    CHECK(names(session.symbol(name)).starts_with("etcdserverpb/rpc.proto "));
  }
}

TEST_CASE("what is not there is an error of the answer, and the session goes on") {
  Session session;
  struct Case {
    const char* name;
    ServerReflectionResponse response;
    int code;
  };
  ServerReflectionRequest nothing, extension, other_extension, extensions;
  extension.mutable_file_containing_extension()->set_containing_type("etcdserverpb.RangeRequest");
  extension.mutable_file_containing_extension()->set_extension_number(100);
  other_extension.mutable_file_containing_extension()->set_containing_type("none.Such");
  extensions.set_all_extension_numbers_of_type("none.Such");
  for (const Case& c : {
           Case{"file", session.file("none.proto"), 5},
           Case{"linked in, but not offered", session.file("v3lockpb/v3lock.proto"), 5},
           Case{"the log's own schema", session.symbol("viaduct.Command"), 5},
           Case{"symbol", session.symbol("etcdserverpb.Nothing"), 5},
           Case{"empty symbol", session.symbol(""), 5},
           Case{"extension of a message", session.ask(extension), 5},
           Case{"extension of nothing", session.ask(other_extension), 5},
           Case{"extensions of nothing", session.ask(extensions), 5},
           Case{"no question", session.ask(nothing), 3},
       }) {
    CAPTURE(c.name);
    CHECK(c.response.error_response().error_code() == c.code);
    CHECK_FALSE(c.response.error_response().error_message().empty());
  }
  CHECK_FALSE(session.stream.said->end);
  session.stream.inbound->on_half_close();
  CHECK(session.stream.said->end == Status());
}

TEST_CASE("a message without extensions has an empty list of them") {
  Session session;
  ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("etcdserverpb.RangeRequest");
  const ServerReflectionResponse response = session.ask(request);
  REQUIRE(response.has_all_extension_numbers_response());
  CHECK(response.all_extension_numbers_response().base_type_name() == "etcdserverpb.RangeRequest");
  CHECK(response.all_extension_numbers_response().extension_number().empty());
}

TEST_CASE("both versions answer alike") {
  Session session;
  FakeStream alpha(session.methods, kAlphaPath);
  grpc::reflection::v1alpha::ServerReflectionRequest request;
  request.set_file_containing_symbol("grpc.health.v1.Health");
  ServerReflectionRequest same;
  same.set_file_containing_symbol("grpc.health.v1.Health");
  alpha.inbound->on_message(request);
  CHECK(alpha.said->messages[0] == session.ask(same).SerializeAsString());
}

TEST_CASE("a client that does not read its answers is not read from") {
  Session session;
  session.file("mvccpb/kv.proto");
  CHECK_FALSE(session.stream.said->input_paused);
  session.stream.said->backlog = 2 << 20;
  session.file("mvccpb/kv.proto");
  CHECK(session.stream.said->input_paused);
  session.stream.inbound->on_drained();
  CHECK_FALSE(session.stream.said->input_paused);
}

}  // namespace
}  // namespace viaduct::v3
