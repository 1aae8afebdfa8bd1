#include "net/tls_context.h"

#include <string_view>
#include <utility>

#include "base/log.h"
#include "net/tls_openssl.h"
#include "net/tls_rules.h"
#include "net/tls_setup.h"

namespace viaduct::net {
namespace {

constexpr std::string_view kOffers[] = {"h2", "http/1.1"};  // the preferred first

// RFC 7301: `in` is a list of names, each behind a byte with its length. A client that knows none of ours is told so.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned size,
                    void*) {
  for (const std::string_view offer : kOffers) {
    for (unsigned at = 0; at < size; at += 1u + in[at]) {
      if (std::string_view(reinterpret_cast<const char*>(in) + at + 1, in[at]) != offer) continue;
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A session that is taken up again is not verified again, so that a client which must show a certificate gets none.
void set_up_sessions(SSL_CTX& context, bool demands_certificate) {
  if (demands_certificate) SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, demands_certificate ? 0 : 1);
}

Result<void> set_up(SSL_CTX& context, const TlsSettings& settings) {
  VIADUCT_TRY(set_up_protocol(context, settings));
  VIADUCT_TRY(set_up_pair(context, settings.cert_file, settings.key_file));
  set_up_sessions(context, settings.demands_certificate());
  SSL_CTX_set_read_ahead(&context, 1);  // a record in one call of the kernel
  SSL_CTX_set_alpn_select_cb(&context, select_protocol, nullptr);
  if (!settings.demands_certificate()) return {};
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return set_up_trust(context, settings.trusted_ca_file, true);
}

Result<void> check_names(const TlsSettings& settings) {
  if (settings.allowed_cn.empty() || settings.allowed_hostname.empty()) return {};
  return Error{Code::kInvalidArgument, "AllowedCN and AllowedHostname are mutually exclusive (cn=\"" +
                                           settings.allowed_cn + "\", hostname=\"" + settings.allowed_hostname + "\")"};
}

std::string refusal_of(X509_STORE_CTX& verification, const TlsSettings& settings, TlsIdentity& identity,
                       const Result<std::shared_ptr<const RevocationList>>& revoked, int& x509_error) {
  const auto refuse = [&](const TlsObjection& objection) {
    x509_error = objection.x509_error;
    return objection.text;
  };
  if (const auto untrusted = find_untrusted(verification)) {
    return "tls: failed to verify client certificate: " + refuse(*untrusted);
  }
  if (!revoked) return refuse({revoked.error().message, X509_V_ERR_CERT_REJECTED});
  if (*revoked) {
    if (const auto objection = find_revoked(identity, **revoked)) return refuse(*objection);
  }
  const auto wrong = find_wrong_name(settings, identity, *X509_STORE_CTX_get0_cert(&verification));
  return wrong ? refuse(*wrong) : std::string();
}

}  // namespace

TlsContext::TlsContext(const TlsSettings& settings)
    : settings_(settings),
      files_({settings.cert_file, settings.key_file, settings.trusted_ca_file}),
      revocation_file_({settings.crl_file}),
      revocations_(std::shared_ptr<const RevocationList>()) {}

Result<std::shared_ptr<TlsContext>> TlsContext::open(const TlsSettings& settings) {
  std::shared_ptr<TlsContext> opened(new TlsContext(settings));
  VIADUCT_TRY(check_names(settings));
  opened->files_.changed();
  VIADUCT_TRY(opened->load());
  if (auto revoked = opened->revocations(); !revoked) return revoked.error();
  return opened;
}

Result<void> TlsContext::load() {
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!made) return Error{Code::kIo, "no memory for TLS"};
  VIADUCT_TRY(set_up(*made, settings_));
  SSL_CTX_set_cert_verify_callback(made.get(), verify, this);
  current_ = std::move(made);
  return {};
}

SslHandle TlsContext::new_connection(TlsVisit& visit) {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::lock_guard lock(mutex_);
    if (files_.changed()) {
      if (const Result<void> loaded = load(); !loaded) {
        log::error("cannot take over changed TLS files, the earlier ones stay in use",
                   {{"cert", settings_.cert_file}, {"error", loaded.error().message}});
      } else {
        log::info("TLS files have changed and are in use now", {{"cert", settings_.cert_file}});
      }
    }
    context = current_;
  }
  SslHandle ssl(SSL_new(context.get()));
  SSL_set_app_data(ssl.get(), &visit);
  return ssl;
}

void TlsContext::load_revocations() {
  if (settings_.crl_file.empty() || !revocation_file_.changed()) return;
  ++revocations_generation_;
  auto opened = RevocationList::open(settings_.crl_file);
  if (opened) {
    revocations_ = std::make_shared<const RevocationList>(*std::move(opened));
  } else {
    log::error("cannot read the list of revoked certificates: whoever shows one is refused",
               {{"error", opened.error().message}});
    revocations_ = opened.error();
  }
}

Result<std::shared_ptr<const RevocationList>> TlsContext::revocations() {
  const std::lock_guard lock(mutex_);
  load_revocations();
  return revocations_;
}

uint64_t TlsContext::revocations_generation() {
  const std::lock_guard lock(mutex_);
  load_revocations();
  return revocations_generation_;
}

// All checks are made here, inside the handshake, so that the client is told by an alert.
int TlsContext::verify(X509_STORE_CTX* verification, void* context) {
  TlsContext& self = *static_cast<TlsContext*>(context);
  void* const ssl = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx());
  TlsVisit& visit = *static_cast<TlsVisit*>(SSL_get_app_data(static_cast<SSL*>(ssl)));
  visit.identity = identity_in(*verification);
  int x509_error = X509_V_OK;
  visit.refusal = refusal_of(*verification, self.settings_, *visit.identity, self.revocations(), x509_error);
  X509_STORE_CTX_set_error(verification, x509_error);
  return visit.refusal.empty() ? 1 : 0;
}

Result<void> check_tls_settings(const TlsSettings& settings) {
  auto opened = TlsContext::open(settings);
  if (!opened) return opened.error();
  return {};
}

}  // namespace viaduct::net
