// Messages as JSON, as etcd's gateway writes them (v3-api.md 1.5): one line, no white space, the names and the order of
// the schema, 64-bit numbers in quotes, enums by name, what has its default value left out.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "v3/json_types.h"

namespace viaduct::v3 {

void append_json(std::string& to, const google::protobuf::Message& message, const JsonType& type, BytesAs bytes_as);

}  // namespace viaduct::v3
