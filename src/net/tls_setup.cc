#include "net/tls_setup.h"

#include <string_view>
#include <utility>

#include "net/tls_ciphers.h"
#include "net/tls_files.h"
#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

using NameHandle = std::unique_ptr<X509_NAME, OpenSslDeleter<X509_NAME_free>>;

Error invalid(std::string message) {
  ERR_clear_error();
  return {Code::kInvalidArgument, std::move(message)};
}

BioHandle reader_of(const std::string& content) {
  return BioHandle(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
}

int openssl_version(TlsVersion version) {
  switch (version) {
    case TlsVersion::kAny:
      return 0;
    case TlsVersion::kTls12:
      return TLS1_2_VERSION;
    case TlsVersion::kTls13:
      return TLS1_3_VERSION;
  }
  return 0;
}

// There is nobody to ask for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

bool has_block(const std::string& pem, std::string_view kind_end) {
  for (size_t at = pem.find("-----BEGIN "); at != std::string::npos; at = pem.find("-----BEGIN ", at + 1)) {
    const std::string_view line = std::string_view(pem).substr(at, pem.find('\n', at) - at);
    if (line.substr(0, line.find("-----", 11)).ends_with(kind_end)) return true;
  }
  return false;
}

Error no_certificate(const std::string& pem) {
  if (has_block(pem, "PRIVATE KEY")) {
    return invalid(
        "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may "
        "have been switched");
  }
  if (pem.find("-----BEGIN CERTIFICATE-----") != std::string::npos) return invalid("x509: malformed certificate");
  return invalid("tls: failed to find any PEM data in certificate input");
}

Error no_key(const std::string& pem) {
  if (has_block(pem, "PRIVATE KEY")) return invalid("tls: failed to parse private key");
  if (has_block(pem, " CERTIFICATE")) {
    return invalid("tls: found a certificate rather than a key in the PEM for the private key");
  }
  return invalid("tls: failed to find any PEM data in key input");
}

Result<void> use_certificates(SSL_CTX& context, const std::string& pem) {
  const BioHandle reader = reader_of(pem);
  const CertificateHandle leaf(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
  if (!leaf) return no_certificate(pem);
  if (SSL_CTX_use_certificate(&context, leaf.get()) != 1) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return invalid(std::string("tls: certificate cannot be used: ") + (reason ? reason : "unknown reason"));
  }
  SSL_CTX_clear_chain_certs(&context);
  while (const CertificateHandle next{PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)}) {
    SSL_CTX_add1_chain_cert(&context, next.get());
  }
  ERR_clear_error();
  return {};
}

Result<void> use_key(SSL_CTX& context, const std::string& pem) {
  const BioHandle reader = reader_of(pem);
  const KeyHandle key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, nullptr));
  if (!key) return no_key(pem);
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 || SSL_CTX_check_private_key(&context) != 1) {
    return invalid("tls: private key does not match public key");
  }
  return {};
}

Result<int> add_authorities(SSL_CTX& context, const std::string& pem, bool announce) {
  const BioHandle reader = reader_of(pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(&context);
  int count = 0;
  while (const CertificateHandle authority{PEM_read_bio_X509_AUX(reader.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(store, authority.get());
    if (announce) SSL_CTX_add_client_CA(&context, authority.get());
    ++count;
  }
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  if (count == 0 || reason != PEM_R_NO_START_LINE) return invalid("x509: malformed certificate");
  return count;
}

}  // namespace

Result<void> set_up_protocol(ssl_ctx_st& context, const TlsSettings& settings) {
  VIADUCT_TRY_ASSIGN(ciphers, choose_ciphers(settings.cipher_suites));
  TlsVersion least = settings.min_version;
  if (ciphers.tls12.empty()) {  // suites of TLS 1.3 alone
    least = TlsVersion::kTls13;
  } else if (SSL_CTX_set_cipher_list(&context, ciphers.tls12.c_str()) != 1) {
    return invalid("none of the TLS cipher suites can be used: " + ciphers.tls12);
  }
  if (SSL_CTX_set_min_proto_version(&context, openssl_version(least)) != 1 ||
      SSL_CTX_set_max_proto_version(&context, openssl_version(settings.max_version)) != 1) {
    return invalid("the versions of TLS cannot be set");
  }
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_IGNORE_UNEXPECTED_EOF);  // HTTP tells itself where a message ends
  SSL_CTX_set_mode(&context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  return {};
}

Result<void> set_up_pair(ssl_ctx_st& context, const std::string& cert_file, const std::string& key_file) {
  if (cert_file.empty() || key_file.empty()) {
    return invalid("KeyFile and CertFile must both be present[key: " + key_file + ", cert: " + cert_file + "]");
  }
  VIADUCT_TRY_ASSIGN(certificates, read_tls_file(cert_file));
  VIADUCT_TRY_ASSIGN(key, read_tls_file(key_file));
  Result<void> used = use_certificates(context, certificates);
  if (used) used = use_key(context, key);
  OPENSSL_cleanse(key.data(), key.size());
  return used;
}

Result<void> set_up_trust(ssl_ctx_st& context, const std::string& ca_file, bool announce) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(&context) == 1) return {};
    return invalid("x509: failed to load system roots and no roots provided");
  }
  VIADUCT_TRY_ASSIGN(pem, read_tls_file(ca_file));
  auto added = add_authorities(context, pem, announce);
  if (!added) return Error{added.error().code, ca_file + ": " + added.error().message};
  return {};
}

}  // namespace viaduct::net
