#include "peer/links_options.h"

namespace viaduct::peer {

HttpOptions http_options(const LinksOptions& options, const Cancellation& cancellation) {
  HttpOptions http;
  http.connect_timeout = options.connect_timeout;
  http.write_timeout = options.write_timeout;
  http.reply_limit_bytes = 64 << 10;
  http.tls = options.tls ? &*options.tls : nullptr;
  http.tls_server_name = options.tls_server_name;
  http.cancellation = &cancellation;
  return http;
}

}  // namespace viaduct::peer
