// TLS failures in Go's words, which etcd's users search for and its test harnesses wait for (operations.md 8.2).
#pragma once

#include <string>

namespace viaduct::net {

// What an alert means: "bad certificate" for 42.
std::string alert_text(int description);

// The newest error that OpenSSL has noted on this thread, which is then forgotten: "remote error: tls: bad
// certificate". Empty when it has noted none.
std::string take_tls_error();

}  // namespace viaduct::net
