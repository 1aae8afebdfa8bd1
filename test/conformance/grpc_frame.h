// What gRPC lays over HTTP/2: messages framed in data, the status in the trailers.
//   frame := compressed:u8 length:u32 message[length]     big-endian
#pragma once

#include <optional>
#include <string>

#include "test/conformance/http2_client.h"

namespace viaduct::conformance {

std::string framed(const std::string& message, bool compressed = false);
std::string gzipped(const std::string& bytes);

// Takes the first whole message off `data`.
std::optional<std::string> take_frame(std::string& data);

// A header of the last block, where the status is; nothing when it is not there.
std::optional<std::string> trailer(const Http2Stream& stream, const std::string& name);

// grpc-message has its unusual bytes percent-encoded.
std::string percent_decoded(const std::string& text);

}  // namespace viaduct::conformance
