#include "v3/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection.pb.h"
#include "grpc/reflection_v1alpha.pb.h"

namespace viaduct::v3 {
namespace {

namespace v1 = grpc::reflection::v1;
namespace v1alpha = grpc::reflection::v1alpha;

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;

using Files = std::set<const FileDescriptor*>;

constexpr size_t kUnreadBytes = 1 << 20;  // of answers, before the client must read some of them

const DescriptorPool& pool() { return *DescriptorPool::generated_pool(); }

// "/etcdserverpb.KV/Range" -> "etcdserverpb.KV"
std::string service_of(const std::string& path) { return path.substr(1, path.rfind('/') - 1); }

// The services of `methods`, in byte order, and the files they are described in, with all that those import.
class Schema {
 public:
  void read(const Methods& methods) {
    std::set<std::string> names;
    for (const auto& method : methods.all()) names.insert(service_of(method->path));
    services_.assign(names.begin(), names.end());
    for (const std::string& name : services_) add(pool().FindFileContainingSymbol(name));
  }

  const std::vector<std::string>& services() const { return services_; }

  // All of these are null when it is not ours to show.
  const FileDescriptor* file(const std::string& name) const { return shown(pool().FindFileByName(name)); }
  const FileDescriptor* file_of_symbol(const std::string& symbol) const {
    return shown(pool().FindFileContainingSymbol(symbol));
  }
  const Descriptor* message(const std::string& name) const {
    const Descriptor* message = pool().FindMessageTypeByName(name);
    return message && shown(message->file()) ? message : nullptr;
  }
  const FileDescriptor* file_of_extension(const std::string& type, int number) const {
    const Descriptor* extended = message(type);
    const FieldDescriptor* extension = extended ? pool().FindExtensionByNumber(extended, number) : nullptr;
    return extension ? shown(extension->file()) : nullptr;
  }

 private:
  void add(const FileDescriptor* file) {
    if (!file || !files_.insert(file).second) return;
    for (int i = 0; i < file->dependency_count(); ++i) add(file->dependency(i));
  }
  const FileDescriptor* shown(const FileDescriptor* file) const { return files_.contains(file) ? file : nullptr; }

  std::vector<std::string> services_;
  Files files_;
};

// One client's questions, answered as they come. `Version` names the messages: those of v1 and v1alpha differ in
// nothing but their package.
template <typename Version>
class Session final : public Inbound {
 public:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  Session(Call& call, std::shared_ptr<const Schema> schema) : call_(call), schema_(std::move(schema)) {}

  void on_message(Message& message) override {
    auto& request = static_cast<Request&>(message);
    Response response;
    response.set_valid_host(request.host());
    answer(request, response);
    *response.mutable_original_request() = std::move(request);
    call_.send(response);
    if (call_.backlog() > kUnreadBytes) call_.pause_input(true);
  }
  void on_half_close() override { call_.finish({}); }
  void on_gone() override {}
  void on_drained() override { call_.pause_input(false); }
  void on_shutdown() override { call_.finish({}); }

 private:
  void answer(const Request& request, Response& response) {
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return answer_file(schema_->file(request.file_by_filename()), request.file_by_filename(), response);
      case Request::kFileContainingSymbol:
        return answer_file(schema_->file_of_symbol(request.file_containing_symbol()), request.file_containing_symbol(),
                           response);
      case Request::kFileContainingExtension: {
        const auto& wanted = request.file_containing_extension();
        return answer_file(schema_->file_of_extension(wanted.containing_type(), wanted.extension_number()),
                           wanted.containing_type() + "." + std::to_string(wanted.extension_number()), response);
      }
      case Request::kAllExtensionNumbersOfType:
        return answer_extensions(request.all_extension_numbers_of_type(), response);
      case Request::kListServices:
        for (const std::string& name : schema_->services())
          response.mutable_list_services_response()->add_service()->set_name(name);
        return;
      case Request::MESSAGE_REQUEST_NOT_SET:
        return refuse(StatusCode::kInvalidArgument, "the request asks for nothing", response);
    }
  }

  static void refuse(StatusCode code, std::string text, Response& response) {
    response.mutable_error_response()->set_error_code(static_cast<int>(code));
    response.mutable_error_response()->set_error_message(std::move(text));
  }

  // The file, and whatever it imports that this client was not sent before.
  void answer_file(const FileDescriptor* file, const std::string& name, Response& response) {
    if (!file) return refuse(StatusCode::kNotFound, "not found: " + name, response);
    auto& files = *response.mutable_file_descriptor_response();
    sent_.erase(file);
    add_with_imports(file, files);
  }
  template <typename FileResponse>
  void add_with_imports(const FileDescriptor* file, FileResponse& files) {
    if (!sent_.insert(file).second) return;
    FileDescriptorProto description;
    file->CopyTo(&description);
    files.add_file_descriptor_proto(description.SerializeAsString());
    for (int i = 0; i < file->dependency_count(); ++i) add_with_imports(file->dependency(i), files);
  }

  void answer_extensions(const std::string& type, Response& response) {
    const Descriptor* message = schema_->message(type);
    if (!message) return refuse(StatusCode::kNotFound, "not found: " + type, response);
    auto& numbers = *response.mutable_all_extension_numbers_response();
    numbers.set_base_type_name(type);
    std::vector<const FieldDescriptor*> extensions;
    pool().FindAllExtensions(message, &extensions);
    for (const FieldDescriptor* extension : extensions) numbers.add_extension_number(extension->number());
  }

  Call& call_;
  const std::shared_ptr<const Schema> schema_;  // shared by all sessions of the server
  Files sent_;
};

struct V1 {
  using Request = v1::ServerReflectionRequest;
  using Response = v1::ServerReflectionResponse;
  static constexpr const char* kPath = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
};

struct V1Alpha {
  using Request = v1alpha::ServerReflectionRequest;
  using Response = v1alpha::ServerReflectionResponse;
  static constexpr const char* kPath = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
};

template <typename Version>
void add(Methods& methods, const std::shared_ptr<const Schema>& schema) {
  methods.add_stream<typename Version::Request, typename Version::Response>(
      Method::Kind::kBidirectional, Version::kPath, {},
      [schema](Call& call) { return std::make_unique<Session<Version>>(call, schema); });
}

}  // namespace

void add_reflection_methods(Methods& methods) {
  const auto schema = std::make_shared<Schema>();
  add<V1>(methods, schema);
  add<V1Alpha>(methods, schema);
  schema->read(methods);  // which has reflection itself by now
}

}  // namespace viaduct::v3
