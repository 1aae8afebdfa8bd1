#include "net/tls_client.h"

#include <memory>
#include <optional>
#include <utility>

#include "net/tls_openssl.h"
#include "net/tls_rules.h"
#include "net/tls_setup.h"
#include "net/tls_words.h"

namespace viaduct::net {
namespace {

// What a prepared context carries along; OpenSSL frees it with the context.
struct Dial {
  TlsSettings settings;
  std::string server_name;
  std::optional<RevocationList> revoked;
  std::string error;  // of the last connection
};

void free_dial(void*, void* dial, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Dial*>(dial); }

int dial_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_dial);
  return index;
}

Dial* dial_of(const SSL_CTX& context) { return static_cast<Dial*>(SSL_CTX_get_ex_data(&context, dial_index())); }

std::optional<TlsObjection> find_objection(X509_STORE_CTX& verification, const Dial& dial) {
  if (auto objection = find_untrusted(verification)) return objection;
  const TlsIdentity identity = identity_in(verification);
  const X509& leaf = *X509_STORE_CTX_get0_cert(&verification);
  if (!is_valid_for(leaf, dial.server_name)) {
    return TlsObjection{not_valid_for(identity, dial.server_name), X509_V_ERR_HOSTNAME_MISMATCH};
  }
  if (dial.revoked) {
    if (auto objection = find_revoked(identity, *dial.revoked)) return objection;
  }
  return find_wrong_name(dial.settings, identity, leaf);
}

int verify_server(X509_STORE_CTX* verification, void* argument) {
  Dial& dial = *static_cast<Dial*>(argument);
  if (dial.settings.skip_verify) return 1;
  const std::optional<TlsObjection> objection = find_objection(*verification, dial);
  if (!objection) {
    X509_STORE_CTX_set_error(verification, X509_V_OK);
    return 1;
  }
  dial.error = objection->text;
  X509_STORE_CTX_set_error(verification, objection->x509_error);
  return 0;
}

// With TLS 1.3 a server refuses our certificate only after the handshake, in what would be its first answer: this hears
// of it however the library reads.
void listen_for_alerts(const SSL* ssl, int where, int value) {
  Dial* const dial = dial_of(*SSL_get_SSL_CTX(ssl));
  if (!dial) return;
  if (where & SSL_CB_HANDSHAKE_START) dial->error.clear();
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL) {
    dial->error = "remote error: tls: " + alert_text(value & 0xff);
  }
}

Result<void> use_own_pair(SSL_CTX& context, const TlsSettings& settings) {
  const bool own = !settings.dial_cert_file.empty() || !settings.dial_key_file.empty();
  if (own) return set_up_pair(context, settings.dial_cert_file, settings.dial_key_file);
  if (settings.empty()) return {};
  return set_up_pair(context, settings.cert_file, settings.key_file);
}

}  // namespace

Result<void> prepare_tls_client(ssl_ctx_st& context, const TlsSettings& settings, const std::string& server_name) {
  auto dial = std::make_unique<Dial>(Dial{settings, server_name, std::nullopt, {}});
  VIADUCT_TRY(set_up_protocol(context, settings));
  VIADUCT_TRY(use_own_pair(context, settings));
  if (!settings.skip_verify) {
    VIADUCT_TRY(set_up_trust(context, settings.trusted_ca_file, false));
    if (!settings.crl_file.empty()) {
      VIADUCT_TRY_ASSIGN(revoked, RevocationList::open(settings.crl_file));
      dial->revoked = std::move(revoked);
    }
  }
  delete dial_of(context);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(&context, verify_server, dial.get());
  SSL_CTX_set_info_callback(&context, listen_for_alerts);
  SSL_CTX_set_ex_data(&context, dial_index(), dial.release());
  return {};
}

std::string tls_client_error(const ssl_ctx_st& context) {
  const Dial* const dial = dial_of(context);
  return dial ? dial->error : std::string();
}

}  // namespace viaduct::net
