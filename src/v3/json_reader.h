// JSON as messages, as etcd's gateway takes it (v3-api.md 1.5): names of the schema or in lowerCamel, unknown ones
// passed over, 64-bit numbers with or without quotes, enums by name or number, bytes in base64. Of several errors the
// first in the order of the schema is told.
#pragma once

#include <google/protobuf/message.h>

#include "base/result.h"
#include "v3/json_scanner.h"
#include "v3/json_types.h"

namespace viaduct::v3 {

// Errors: kInvalidArgument with Go's complaint; `into` is partly filled then.
Result<void> read_json(const JsonDocument& document, const JsonType& type, BytesAs bytes_as,
                       google::protobuf::Message& into);

}  // namespace viaduct::v3
