#include "server/config_tls.h"

#include "net/tls_ciphers.h"
#include "server/flags_text.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

Result<net::TlsVersion> version_of(const std::string& text) {
  if (text.empty()) return net::TlsVersion::kAny;
  if (text == "TLS1.2") return net::TlsVersion::kTls12;
  if (text == "TLS1.3") return net::TlsVersion::kTls13;
  return invalid("unexpected TLS version " + quote(text));
}

Result<void> set_versions(const FlagValues& values, net::TlsSettings& settings) {
  VIADUCT_TRY_ASSIGN(least, version_of(values.text("tls-min-version")));
  VIADUCT_TRY_ASSIGN(most, version_of(values.text("tls-max-version")));
  settings.min_version = least == net::TlsVersion::kAny ? net::TlsVersion::kTls12 : least;
  settings.max_version = most;
  if (most != net::TlsVersion::kAny && settings.min_version > most) {
    return invalid("min version (" + values.text("tls-min-version") + ") is greater than max version (" +
                   values.text("tls-max-version") + ")");
  }
  if (least == net::TlsVersion::kTls13 && !settings.cipher_suites.empty()) {
    return invalid("cipher suites cannot be configured when only TLS1.3 is enabled");
  }
  return {};
}

Result<void> set_ciphers(FlagValues& values, net::TlsSettings& settings) {
  settings.cipher_suites = values.list("cipher-suites");
  VIADUCT_TRY_ASSIGN(chosen, net::choose_ciphers(settings.cipher_suites));
  for (const std::string& name : chosen.unavailable) {
    values.notice(log::Level::kWarn, "cipher suite " + name + " is too weak for this system's OpenSSL - ignoring.");
  }
  return {};
}

// The earlier flag says both whom to trust and to ask.
void apply_old_ca(const FlagValues& values, const char* flag, net::TlsSettings& settings) {
  if (values.text(flag).empty()) return;
  settings.trusted_ca_file = values.text(flag);
  settings.client_cert_auth = true;
}

Result<void> check_dial_pair(const net::TlsSettings& settings) {
  if (settings.dial_cert_file.empty() == settings.dial_key_file.empty()) return {};
  return invalid("KeyFile and CertFile must both be present[key: " + settings.dial_key_file +
                 ", cert: " + settings.dial_cert_file + "]");
}

void set_client_files(const FlagValues& values, net::TlsSettings& tls) {
  tls.cert_file = values.text("cert-file");
  tls.key_file = values.text("key-file");
  tls.trusted_ca_file = values.text("trusted-ca-file");
  tls.client_cert_auth = values.boolean("client-cert-auth");
  tls.crl_file = values.text("client-crl-file");
  tls.allowed_hostname = values.text("client-cert-allowed-hostname");
  tls.skip_san_check = true;  // clients may come from anywhere
  apply_old_ca(values, "ca-file", tls);
}

void set_peer_files(const FlagValues& values, net::TlsSettings& tls) {
  tls.cert_file = values.text("peer-cert-file");
  tls.key_file = values.text("peer-key-file");
  tls.dial_cert_file = values.text("peer-client-cert-file");
  tls.dial_key_file = values.text("peer-client-key-file");
  tls.trusted_ca_file = values.text("peer-trusted-ca-file");
  tls.client_cert_auth = values.boolean("peer-client-cert-auth");
  tls.crl_file = values.text("peer-crl-file");
  tls.allowed_cn = values.text("peer-cert-allowed-cn");
  tls.allowed_hostname = values.text("peer-cert-allowed-hostname");
  tls.skip_san_check = values.boolean("peer-skip-client-san-verification");
  apply_old_ca(values, "peer-ca-file", tls);
}

// operations.md 3.1: plain addresses make files useless, which their owner may not know.
void warn_of_plain_urls(FlagValues& values, const Urls& urls, const net::TlsSettings& tls, const char* whose,
                        const char* files, const char* auth_flag) {
  for (const Url& url : urls) {
    if (url.secure()) continue;
    const std::string subject = std::string("The scheme of ") + whose + " url " + url.text + " is HTTP while ";
    if (!tls.empty()) {
      values.notice(log::Level::kWarn, subject + "peer key/cert files are presented. Ignored " + files + " files.");
    }
    if (tls.client_cert_auth) {
      values.notice(log::Level::kWarn, subject + "client cert auth (" + auth_flag +
                                           ") is enabled. Ignored client cert auth for this url.");
    }
  }
}

Result<void> check_client_urls(const Urls& urls, const net::TlsSettings& tls, bool auto_tls) {
  for (const Url& url : urls) {
    if (!url.secure() || !tls.empty() || auto_tls) continue;
    return invalid("TLS key/cert (--cert-file, --key-file) must be provided for client url " + url.text +
                   " with HTTPS scheme");
  }
  return {};
}

// Own files win over ones that would be made.
bool wants_auto_tls(FlagValues& values, const char* flag, const char* whose, const net::TlsSettings& tls) {
  if (!values.boolean(flag)) return false;
  if (tls.empty()) return true;
  values.notice(log::Level::kWarn, std::string("ignoring ") + whose + " auto TLS since certs given");
  return false;
}

}  // namespace

Result<void> configure_tls(FlagValues& values, Config& config) {
  net::TlsSettings common;
  VIADUCT_TRY(set_ciphers(values, common));
  VIADUCT_TRY(set_versions(values, common));
  config.client_tls = config.peer_tls = common;
  set_client_files(values, config.client_tls);
  set_peer_files(values, config.peer_tls);
  VIADUCT_TRY(check_dial_pair(config.peer_tls));
  config.client_auto_tls = wants_auto_tls(values, "auto-tls", "client", config.client_tls);
  config.peer_auto_tls = wants_auto_tls(values, "peer-auto-tls", "peer", config.peer_tls);
  config.peer_tls.skip_verify = config.peer_auto_tls;  // nobody has signed what the other members show
  config.self_signed_cert_years = static_cast<uint32_t>(values.number("self-signed-cert-validity"));
  warn_of_plain_urls(values, config.listen_peer_urls, config.peer_tls, "peer", "peer key/cert",
                     "--peer-client-cert-auth");
  warn_of_plain_urls(values, config.listen_client_urls, config.client_tls, "client", "key/cert", "--client-cert-auth");
  VIADUCT_TRY(check_client_urls(config.listen_client_urls, config.client_tls, config.client_auto_tls));
  return check_client_urls(config.listen_client_http_urls, config.client_tls, config.client_auto_tls);
}

}  // namespace viaduct::server
