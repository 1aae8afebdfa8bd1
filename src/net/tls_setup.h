// Fills an OpenSSL context from settings: what listeners and diallers have in common.
// Errors: kInvalidArgument and kIo, with Go's texts, naming the file where that helps.
#pragma once

#include <string>

#include "base/result.h"
#include "net/tls_settings.h"

struct ssl_ctx_st;

namespace viaduct::net {

// Versions, cipher suites, modes. No renegotiation, no compression, and no buffers for a connection that is idle.
Result<void> set_up_protocol(ssl_ctx_st& context, const TlsSettings& settings);

// The certificate, with the intermediates behind it in its file, and its key.
Result<void> set_up_pair(ssl_ctx_st& context, const std::string& cert_file, const std::string& key_file);

// Whom to trust: the authorities in the file, or those of the system when there is none. `announce`: to tell clients
// which these are.
Result<void> set_up_trust(ssl_ctx_st& context, const std::string& ca_file, bool announce);

}  // namespace viaduct::net
