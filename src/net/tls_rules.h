// The checks on a certificate that OpenSSL's own do not cover: revocation, allowed name. Used inside the handshake, on
// both ends, so that the other side learns by an alert that it was refused.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/tls_identity.h"
#include "net/tls_revocation.h"
#include "net/tls_settings.h"

struct x509_store_ctx_st;

namespace viaduct::net {

// Why a certificate was not accepted, in Go's words.
struct TlsObjection {
  std::string text;
  int x509_error;  // for OpenSSL, which chooses the alert by it
};

// The serial number of the first one that is on the list.
std::optional<TlsObjection> find_revoked(const TlsIdentity& identity, const RevocationList& list);

// AllowedCN, AllowedHostname: of the leaf.
std::optional<TlsObjection> find_wrong_name(const TlsSettings& settings, const TlsIdentity& identity,
                                            const x509_st& leaf);

// Why OpenSSL did not accept a chain: "x509: certificate signed by unknown authority".
std::string x509_text(long x509_error);

// The leaf and all that was shown with it, as the verification has them.
TlsIdentity identity_in(x509_store_ctx_st& verification);

// Runs OpenSSL's verification.
std::optional<TlsObjection> find_untrusted(x509_store_ctx_st& verification);

}  // namespace viaduct::net
