#include "base/sha256.h"

#include <openssl/evp.h>

#include <cassert>

namespace viaduct {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  const int done = EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  assert(done == 1);
}

void Sha256::add(Bytes piece) {
  const int done = EVP_DigestUpdate(context_.get(), piece.data(), piece.size());
  assert(done == 1);
}

std::string Sha256::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const int done = EVP_DigestFinal_ex(context_.get(), digest, &size);
  assert(done == 1);
  return std::string(reinterpret_cast<const char*>(digest), size);
}

}  // namespace viaduct
