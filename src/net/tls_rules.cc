#include "net/tls_rules.h"

#include "net/tls_openssl.h"

namespace viaduct::net {

std::optional<TlsObjection> find_revoked(const TlsIdentity& identity, const RevocationList& list) {
  for (const std::string& serial : identity.serials) {
    if (list.has(serial)) {
      return TlsObjection{"transport: certificate serial " + serial + " revoked", X509_V_ERR_CERT_REVOKED};
    }
  }
  return std::nullopt;
}

std::optional<TlsObjection> find_wrong_name(const TlsSettings& settings, const TlsIdentity& identity,
                                            const x509_st& leaf) {
  const bool cn_fits = settings.allowed_cn.empty() || settings.allowed_cn == identity.common_name;
  const bool host_fits = settings.allowed_hostname.empty() || is_valid_for(leaf, settings.allowed_hostname);
  if (cn_fits && host_fits) return std::nullopt;
  return TlsObjection{"client certificate authentication failed", X509_V_ERR_CERT_REJECTED};
}

std::string x509_text(long x509_error) {
  switch (x509_error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_INVALID_CA:
      return "x509: certificate signed by unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "x509: certificate has expired or is not yet valid";
    case X509_V_ERR_INVALID_PURPOSE:
      return "x509: certificate specifies an incompatible key usage";
    default:
      return std::string("x509: ") + X509_verify_cert_error_string(x509_error);
  }
}

TlsIdentity identity_in(x509_store_ctx_st& verification) {
  return identity_of(*X509_STORE_CTX_get0_cert(&verification), X509_STORE_CTX_get0_untrusted(&verification));
}

std::optional<TlsObjection> find_untrusted(x509_store_ctx_st& verification) {
  if (X509_verify_cert(&verification) == 1) return std::nullopt;
  int error = X509_STORE_CTX_get_error(&verification);
  if (error == X509_V_OK) error = X509_V_ERR_UNSPECIFIED;
  return TlsObjection{x509_text(error), error};
}

}  // namespace viaduct::net
