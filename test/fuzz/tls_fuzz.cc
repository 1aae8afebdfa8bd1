// Files that TLS is set up from, and certificates that others show. The first byte chooses: a certificate in DER, whose
// addresses it must be valid for; a revocation list in either form, which must mean the same in the other one; a pair
// or a bundle in PEM, which is used as a whole or refused with a reason.
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>

#include "net/tls_identity.h"
#include "net/tls_openssl.h"
#include "net/tls_revocation.h"
#include "net/tls_setup.h"
#include "test/fuzz/input.h"

namespace viaduct::net {
namespace {

// A file that has a path and no place.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes content) : descriptor_(memfd_create("fuzz", 0)) {
    const ssize_t wrote = write(descriptor_, content.data(), content.size());
    assert(wrote == static_cast<ssize_t>(content.size()));
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

void check_certificate(Bytes der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509* const leaf = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (!leaf) return;
  const TlsIdentity identity = identity_of(*leaf, nullptr);
  assert(identity.serials.size() == 1);
  for (const std::string& address : identity.ip_addresses) {
    const bool is_address = address.find_first_not_of("0123456789abcdef.:") == std::string::npos;
    if (is_address) assert(is_valid_for(*leaf, address));
  }
  for (const std::string& name : identity.dns_names) (void)is_valid_for(*leaf, name);
  assert(!not_valid_for(identity, "other.example").empty());
  X509_free(leaf);
}

std::string pem_of(X509_CRL& list) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), &list);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

void check_revocations(const std::string& content) {
  const auto parsed = RevocationList::parse(content);
  const auto* at = reinterpret_cast<const unsigned char*>(content.data());
  X509_CRL* const list = d2i_X509_CRL(nullptr, &at, static_cast<long>(content.size()));
  const bool is_pem = content.find("-----BEGIN X509 CRL-----") != content.npos;
  if (!is_pem) assert(bool(parsed) == (list != nullptr));
  if (list && !is_pem) {
    const auto again = RevocationList::parse(pem_of(*list));
    assert(again && again->size() == parsed->size());
  }
  if (parsed && is_pem) assert(RevocationList::parse(content + "\n")->size() == parsed->size());
  X509_CRL_free(list);
}

void check_files(fuzz::Input& input) {
  const size_t size = input.byte() * 16;
  const MemoryFile first(input.bytes(size)), second(input.rest());
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  const auto pair = set_up_pair(*context, first.path(), second.path());
  if (pair) assert(SSL_CTX_check_private_key(context) == 1);
  if (!pair) assert(!pair.error().message.empty());
  const auto trust = set_up_trust(*context, second.path(), true);
  if (!trust) assert(trust.error().message.starts_with(second.path()));
  SSL_CTX_free(context);
}

}  // namespace
}  // namespace viaduct::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace viaduct;
  fuzz::Input input(data, size);
  switch (input.below(3)) {
    case 0:
      net::check_certificate(input.rest());
      break;
    case 1:
      net::check_revocations(std::string(input.rest()));
      break;
    default:
      net::check_files(input);
  }
  return 0;
}
