#include "net/tls_revocation.h"

#include <utility>

#include "net/tls_files.h"
#include "net/tls_identity.h"
#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

using ListHandle = std::unique_ptr<X509_CRL, OpenSslDeleter<X509_CRL_free>>;

ListHandle read_der(const std::string& content) {
  const auto* at = reinterpret_cast<const unsigned char*>(content.data());
  return ListHandle(d2i_X509_CRL(nullptr, &at, static_cast<long>(content.size())));
}

void add_serials(X509_CRL& list, absl::flat_hash_set<std::string>& serials) {
  const STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(&list);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    serials.insert(serial_hex(*X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
  }
}

}  // namespace

Result<RevocationList> RevocationList::parse(const std::string& content) {
  const Error malformed{Code::kInvalidArgument, "x509: malformed crl"};
  RevocationList parsed;
  ERR_clear_error();
  if (content.find("-----BEGIN X509 CRL-----") == std::string::npos) {
    const ListHandle list = read_der(content);
    ERR_clear_error();
    if (!list) return malformed;
    add_serials(*list, parsed.serials_);
    return parsed;
  }
  const BioHandle bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  while (const ListHandle list{PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)}) {
    add_serials(*list, parsed.serials_);
  }
  const bool read_all = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!read_all) return malformed;  // part of a list must not pass for the whole
  return parsed;
}

Result<RevocationList> RevocationList::open(const std::string& path) {
  VIADUCT_TRY_ASSIGN(content, read_tls_file(path));
  auto parsed = parse(content);
  if (!parsed) return Error{parsed.error().code, path + ": " + parsed.error().message};
  return parsed;
}

}  // namespace viaduct::net
