// v2's forms and queries, and request targets: the first byte chooses the method.
#include <cassert>
#include <cstdint>

#include "net/form.h"
#include "net/target.h"
#include "v2/params.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace viaduct;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  net::Form form;
  if (form.parse(text)) {
    constexpr int kMethods = 5;
    v2::KeyParams params;
    v2::ParamError error;
    if (!v2::parse_params(form, static_cast<v2::Method>(data[0] % kMethods), params, error)) assert(error.code >= 200);
  }
  if (const auto target = net::split_target(text)) {
    if (const auto path = net::decode_path(target->path)) {
      const std::string clean = net::clean_path(*path);
      assert(net::clean_path(clean) == clean);
      (void)net::redirect_location(*path, target->query);
      assert(net::decode_path(net::encode_path(clean)) == clean);
    }
  }
  return 0;
}
