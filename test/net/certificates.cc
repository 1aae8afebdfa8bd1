#include "test/net/certificates.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

using ListHandle = std::unique_ptr<X509_CRL, OpenSslDeleter<X509_CRL_free>>;
using TimeHandle = std::unique_ptr<ASN1_TIME, OpenSslDeleter<ASN1_TIME_free>>;
using FileHandle = std::unique_ptr<FILE, OpenSslDeleter<fclose>>;

KeyHandle make_key() { return KeyHandle(EVP_EC_gen("P-256")); }

TimeHandle day(int from_today) { return TimeHandle(X509_time_adj_ex(nullptr, from_today, 0, nullptr)); }

void add_extension(X509& certificate, int nid, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  REQUIRE(extension);
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_name(X509_NAME* name, const std::string& common_name) {
  if (common_name.empty()) return;
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
}

CertificateHandle make_certificate(const CertificateRequest& request, EVP_PKEY& key) {
  CertificateHandle made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), request.serial);
  X509_set1_notBefore(made.get(), day(request.first_day).get());
  X509_set1_notAfter(made.get(), day(request.last_day).get());
  X509_set_pubkey(made.get(), &key);
  set_name(X509_get_subject_name(made.get()), request.common_name);
  return made;
}

std::string alternative_names(const CertificateRequest& request) {
  std::string text;
  for (const std::string& name : request.dns_names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : request.ip_addresses) text += (text.empty() ? "IP:" : ",IP:") + address;
  return text;
}

void write_certificate(const std::string& path, X509& certificate) {
  const FileHandle file(fopen(path.c_str(), "w"));
  REQUIRE(file);
  PEM_write_X509(file.get(), &certificate);
}

void write_key(const std::string& path, EVP_PKEY& key) {
  const FileHandle file(fopen(path.c_str(), "w"));
  REQUIRE(file);
  PEM_write_PrivateKey(file.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

struct TestAuthority::Keys {
  KeyHandle key;
  CertificateHandle certificate;
};

TestAuthority::TestAuthority(std::string directory, std::string name)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      ca_file_(path(name_ + ".pem")),
      keys_(std::make_unique<Keys>()) {
  keys_->key = make_key();
  keys_->certificate = make_certificate({.common_name = name_, .serial = 1, .last_day = 365}, *keys_->key);
  X509_set_issuer_name(keys_->certificate.get(), X509_get_subject_name(keys_->certificate.get()));
  add_extension(*keys_->certificate, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(keys_->certificate.get(), keys_->key.get(), EVP_sha256());
  write_certificate(ca_file_, *keys_->certificate);
}

TestAuthority::~TestAuthority() = default;

PairFiles TestAuthority::issue(const std::string& name, const CertificateRequest& request) {
  const KeyHandle key = make_key();
  const CertificateHandle made = make_certificate(request, *key);
  X509_set_issuer_name(made.get(), X509_get_subject_name(keys_->certificate.get()));
  const std::string names = alternative_names(request);
  if (!names.empty()) add_extension(*made, NID_subject_alt_name, names);
  if (!request.extended_key_usage.empty()) add_extension(*made, NID_ext_key_usage, request.extended_key_usage);
  X509_sign(made.get(), keys_->key.get(), EVP_sha256());
  PairFiles files{path(name + ".pem"), path(name + ".key")};
  write_certificate(files.cert_file, *made);
  write_key(files.key_file, *key);
  return files;
}

std::string TestAuthority::revoke(const std::string& name, const std::vector<long>& serials, bool der) {
  const ListHandle list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(keys_->certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), day(0).get());
  X509_CRL_set1_nextUpdate(list.get(), day(30).get());
  for (const long serial : serials) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    ASN1_INTEGER* const number = ASN1_INTEGER_new();
    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    X509_REVOKED_set_revocationDate(entry, day(0).get());
    X509_CRL_add0_revoked(list.get(), entry);
    ASN1_INTEGER_free(number);
  }
  X509_CRL_sign(list.get(), keys_->key.get(), EVP_sha256());
  const FileHandle file(fopen(path(name).c_str(), "w"));
  REQUIRE(file);
  der ? i2d_X509_CRL_fp(file.get(), list.get()) : PEM_write_X509_CRL(file.get(), list.get());
  return path(name);
}

void write_text(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace viaduct::net
