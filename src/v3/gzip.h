// Gzip (RFC 1952) of whole messages, by zlib.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace viaduct::v3 {

// Errors: kTooLarge when more than `limit_bytes` come out, kInvalidArgument when `packed` is no gzip data or is cut
// off.
Result<std::string> gunzip(Bytes packed, uint64_t limit_bytes);

}  // namespace viaduct::v3
