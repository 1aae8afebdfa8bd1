// Requests of the gateway that are written in a URL (docs/gateway.md): GET /v3/watch?key=/a&prefix=true.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/form.h"
#include "net/request.h"
#include "v3/call.h"
#include "v3/json_codec.h"
#include "v3/method.h"

namespace viaduct::v3 {

// True for a method that changes nothing and whose query names what it must.
bool may_be_asked_by_get(const Method& method, const net::Form& query);

// Fills the request from the query: each field by its name, keys and values as plain text; prefix=true makes the
// range's end. A watch starts behind `last_event_id` when that is not empty. `codec` is the method's.
// Errors: kInvalidArgument with the text a client sees.
Result<void> read_query(const net::Form& query, std::string_view last_event_id, const Method& method,
                        const JsonCodec& codec, Message& request);

}  // namespace viaduct::v3
