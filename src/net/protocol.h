// Which protocol a client speaks. ALPN says so where it was used; else the first bytes do.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace viaduct::net {

enum class Protocol : uint8_t { kUndecided, kHttp1, kHttp2 };

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113, 3.4

// kUndecided while all of `first` could still become the preface.
inline Protocol protocol_of(Bytes first) {
  if (first.starts_with(kHttp2Preface)) return Protocol::kHttp2;
  return kHttp2Preface.starts_with(first) ? Protocol::kUndecided : Protocol::kHttp1;
}

}  // namespace viaduct::net
