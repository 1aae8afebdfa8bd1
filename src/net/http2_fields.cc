#include "net/http2_fields.h"

#include "net/request.h"

namespace viaduct::net {

bool is_http1_only(std::string_view name) {
  switch (name.size()) {
    case 7:
      return equals_ignoring_case(name, "Upgrade");
    case 10:
      return equals_ignoring_case(name, "Connection") || equals_ignoring_case(name, "Keep-Alive");
    case 16:
      return equals_ignoring_case(name, "Proxy-Connection");
    case 17:
      return equals_ignoring_case(name, "Transfer-Encoding");
    default:
      return false;
  }
}

}  // namespace viaduct::net
