// TLS for connections that we open, by a library with an OpenSSL context of its own (cpp-httplib's SSLClient).
// Promise:   after prepare_tls_client() a handshake of that context succeeds only with a server whose certificate the
//            trusted authorities signed, that is valid for `server_name`, that is not revoked, and that has the allowed
//            name; else it fails in the handshake, with the alert that tells the server. The library's own check must
//            be off (enable_server_certificate_verification(false)): it trusts more and knows less.
// Rotation:  files are read in each call, so that a context made for each dial follows them.
// Threads:   one at a time for one context.
#pragma once

#include <string>

#include "base/result.h"
#include "net/tls_settings.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace viaduct::net {

// `server_name`: host of the URL, without brackets, or the domain when the URL came from its SRV records.
// Errors: kInvalidArgument or kIo, naming the file and what is wrong with it; the context must not be used then.
Result<void> prepare_tls_client(ssl_ctx_st& context, const TlsSettings& settings, const std::string& server_name);

// Why the last connection of a prepared context failed, in Go's words, which people search for: what the server's alert
// said ("remote error: tls: bad certificate"), or what we found wrong with its certificate. Empty when TLS has nothing
// to say about it.
std::string tls_client_error(const ssl_ctx_st& context);

}  // namespace viaduct::net
