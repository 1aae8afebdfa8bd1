#include "net/tls_self_signed.h"

#include <arpa/inet.h>
#include <openssl/rand.h>

#include <array>
#include <ctime>
#include <memory>

#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

using NamesHandle = std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, OpenSslDeleter<X509_EXTENSION_free>>;

constexpr int64_t kClockSlackS = 3600;  // a client's clock may be behind
constexpr int64_t kDaysOfYear = 365;    // as etcd counts them

Error failure(const char* what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {Code::kIo, std::string("cannot make a certificate: ") + what + (reason ? std::string(": ") + reason : "")};
}

bool add_extension(X509& certificate, int nid, const char* value) {
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

GENERAL_NAME* name_of(const std::string& host) {
  unsigned char address[16];
  int bytes = 0;
  if (inet_pton(AF_INET, host.c_str(), address) == 1) bytes = 4;
  if (inet_pton(AF_INET6, host.c_str(), address) == 1) bytes = 16;
  ASN1_STRING* const value = bytes > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  if (bytes > 0) {
    ASN1_STRING_set(value, address, bytes);
  } else {
    ASN1_STRING_set(value, host.data(), static_cast<int>(host.size()));
  }
  GENERAL_NAME* const name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, bytes > 0 ? GEN_IPADD : GEN_DNS, value);  // takes it over
  return name;
}

// Built by hand: a host in the text form of an extension could bring commas along.
bool add_hosts(X509& certificate, const std::vector<std::string>& hosts) {
  const NamesHandle names(GENERAL_NAMES_new());
  for (const std::string& host : hosts) sk_GENERAL_NAME_push(names.get(), name_of(host));
  return hosts.empty() || X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

bool set_random_serial(X509& certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] &= 0x7f;  // RFC 5280: positive
  const std::unique_ptr<BIGNUM, OpenSslDeleter<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate));
}

bool fill(X509& certificate, EVP_PKEY& key, const std::vector<std::string>& hosts, int64_t now_s, uint32_t years) {
  X509_NAME* const subject = X509_get_subject_name(&certificate);
  const auto* const organization = reinterpret_cast<const unsigned char*>("etcd");
  const std::time_t now = static_cast<std::time_t>(now_s);
  return X509_set_version(&certificate, X509_VERSION_3) == 1 && set_random_serial(certificate) &&
         X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, organization, -1, -1, 0) == 1 &&
         X509_set_issuer_name(&certificate, subject) == 1 &&
         ASN1_TIME_adj(X509_getm_notBefore(&certificate), now, 0, -kClockSlackS) &&
         ASN1_TIME_adj(X509_getm_notAfter(&certificate), now, static_cast<int>(kDaysOfYear * years), 0) &&
         X509_set_pubkey(&certificate, &key) == 1 &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") && add_hosts(certificate, hosts) &&
         X509_sign(&certificate, &key, EVP_sha256()) > 0;
}

std::string content_of(BIO& memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(&memory, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

}  // namespace

Result<SelfSigned> make_self_signed(const std::vector<std::string>& hosts, int64_t now_s, uint32_t years) {
  const KeyHandle key(EVP_EC_gen("P-256"));
  const CertificateHandle certificate(X509_new());
  if (!key || !certificate) return failure("key");
  if (!fill(*certificate, *key, hosts, now_s, years)) return failure("content");
  const BioHandle cert_text(BIO_new(BIO_s_mem()));
  const BioHandle key_text(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_X509(cert_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failure("text");
  }
  return SelfSigned{content_of(*cert_text), content_of(*key_text)};
}

Result<int64_t> certificate_end_s(const std::string& cert_pem) {
  const BioHandle reader(BIO_new_mem_buf(cert_pem.data(), static_cast<int>(cert_pem.size())));
  const CertificateHandle certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
    return Error{Code::kInvalidArgument, "x509: malformed certificate"};
  }
  return static_cast<int64_t>(timegm(&end));
}

}  // namespace viaduct::net
