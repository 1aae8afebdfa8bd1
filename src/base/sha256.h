// SHA-256 of bytes that come piece by piece.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

struct evp_md_ctx_st;

namespace viaduct {

class Sha256 {
 public:
  Sha256();
  void add(Bytes piece);
  std::string finish();  // 32 bytes; nothing may be added afterwards

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace viaduct
