#include "server/reply_off_loop.h"

#include <utility>

namespace viaduct::server {

void reply_off_loop(Executor& readers, v2::Exchange&& exchange, std::string_view content_type,
                    std::function<std::string()> make_body) {
  exchange.headers.add("Content-Type", content_type);
  readers.post_function([make = std::move(make_body), waiting = std::move(exchange)]() mutable {
    net::Loop& loop = *waiting.loop;
    loop.post_function(
        [body = make(), waiting = std::move(waiting)]() mutable { waiting.reply(200, std::move(body)); });
  });
}

}  // namespace viaduct::server
