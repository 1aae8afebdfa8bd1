#include "test/conformance/v3_schema.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "grpc/health.pb.h"
#include "v3electionpb/v3election.pb.h"
#include "v3lockpb/v3lock.pb.h"

namespace viaduct::conformance {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// HashKV has none that etcd 3.4 would serve: its route is Hash's.
constexpr std::array<std::pair<std::string_view, std::string_view>, 43> kRoutes = {{
    {"KV/Range", "/kv/range"},
    {"KV/Put", "/kv/put"},
    {"KV/DeleteRange", "/kv/deleterange"},
    {"KV/Txn", "/kv/txn"},
    {"KV/Compact", "/kv/compaction"},
    {"Watch/Watch", "/watch"},
    {"Lease/LeaseGrant", "/lease/grant"},
    {"Lease/LeaseRevoke", "/lease/revoke"},
    {"Lease/LeaseKeepAlive", "/lease/keepalive"},
    {"Lease/LeaseTimeToLive", "/lease/timetolive"},
    {"Lease/LeaseLeases", "/lease/leases"},
    {"Cluster/MemberAdd", "/cluster/member/add"},
    {"Cluster/MemberRemove", "/cluster/member/remove"},
    {"Cluster/MemberUpdate", "/cluster/member/update"},
    {"Cluster/MemberList", "/cluster/member/list"},
    {"Cluster/MemberPromote", "/cluster/member/promote"},
    {"Maintenance/Alarm", "/maintenance/alarm"},
    {"Maintenance/Status", "/maintenance/status"},
    {"Maintenance/Defragment", "/maintenance/defragment"},
    {"Maintenance/Hash", "/maintenance/hash"},
    {"Maintenance/Snapshot", "/maintenance/snapshot"},
    {"Maintenance/MoveLeader", "/maintenance/transfer-leadership"},
    {"Auth/AuthEnable", "/auth/enable"},
    {"Auth/AuthDisable", "/auth/disable"},
    {"Auth/Authenticate", "/auth/authenticate"},
    {"Auth/UserAdd", "/auth/user/add"},
    {"Auth/UserGet", "/auth/user/get"},
    {"Auth/UserList", "/auth/user/list"},
    {"Auth/UserDelete", "/auth/user/delete"},
    {"Auth/UserChangePassword", "/auth/user/changepw"},
    {"Auth/UserGrantRole", "/auth/user/grant"},
    {"Auth/UserRevokeRole", "/auth/user/revoke"},
    {"Auth/RoleAdd", "/auth/role/add"},
    {"Auth/RoleGet", "/auth/role/get"},
    {"Auth/RoleList", "/auth/role/list"},
    {"Auth/RoleDelete", "/auth/role/delete"},
    {"Lock/Lock", "/lock/lock"},
    {"Lock/Unlock", "/lock/unlock"},
    {"Election/Campaign", "/election/campaign"},
    {"Election/Proclaim", "/election/proclaim"},
    {"Election/Leader", "/election/leader"},
    {"Election/Observe", "/election/observe"},
    {"Election/Resign", "/election/resign"},
}};

std::string route_of(std::string_view name) {
  for (const auto& [rpc, route] : kRoutes) {
    if (rpc == name) return std::string(route);
  }
  return {};
}

const MethodDescriptor* find_method(const std::string& service, const std::string& method) {
  const std::array<const FileDescriptor*, 4> files = {
      etcdserverpb::RangeRequest::descriptor()->file(), v3lockpb::LockRequest::descriptor()->file(),
      v3electionpb::LeaderRequest::descriptor()->file(), grpc::health::v1::HealthCheckRequest::descriptor()->file()};
  for (const FileDescriptor* file : files) {
    const ServiceDescriptor* found = file->FindServiceByName(service);
    if (found != nullptr) return found->FindMethodByName(method);
  }
  return nullptr;
}

// Keeps the first complaint of a parser instead of printing it.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (text.empty()) text = "at column " + std::to_string(column + 1) + ": " + message;
  }
  std::string text;
};

}  // namespace

Result<Rpc> find_rpc(std::string_view name) {
  const size_t slash = name.find('/');
  const MethodDescriptor* method = slash == std::string_view::npos ? nullptr
                                                                   : find_method(std::string(name.substr(0, slash)),
                                                                                 std::string(name.substr(slash + 1)));
  if (method == nullptr) return Error{Code::kNotFound, "no method is called " + std::string(name)};
  return Rpc{"/" + method->service()->full_name() + "/" + method->name(), route_of(name), method->input_type(),
             method->output_type()};
}

std::unique_ptr<Message> new_message(const Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

Result<std::unique_ptr<Message>> read_message(const Descriptor* type, const std::string& text) {
  std::unique_ptr<Message> message = new_message(type);
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, message.get())) return message;
  return Error{Code::kInvalidArgument, error.text + " of " + text.substr(0, 200)};
}

std::string to_json(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : status.ToString();
}

}  // namespace viaduct::conformance
