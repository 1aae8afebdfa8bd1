// The v3 methods by the short names that scenarios use ("KV/Range"): path, gateway route, and message types.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace viaduct::conformance {

using google::protobuf::Message;

struct Rpc {
  std::string path;   // "/etcdserverpb.KV/Range"
  std::string route;  // of the gateway, behind its prefix; empty when it has none
  const google::protobuf::Descriptor* request = nullptr;
  const google::protobuf::Descriptor* response = nullptr;
};

// Takes "Service/Method"; the services of one name in two packages do not exist.
Result<Rpc> find_rpc(std::string_view name);

std::unique_ptr<Message> new_message(const google::protobuf::Descriptor* type);

// A message in protobuf's text format: key:"a" compare{target:VERSION version:1}.
Result<std::unique_ptr<Message>> read_message(const google::protobuf::Descriptor* type, const std::string& text);

// In the gateway's form: names as in the schema, one line, nothing that is zero.
std::string to_json(const Message& message);

}  // namespace viaduct::conformance
