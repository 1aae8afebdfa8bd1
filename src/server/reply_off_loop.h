// Answering with a body that cannot be made on a loop, since it takes /proc or the disk.
#pragma once

#include <functional>
#include <string>

#include "base/executor.h"
#include "v2/exchange.h"

namespace viaduct::server {

// Runs `make_body` on one of `readers`, then answers 200 with it on the exchange's loop.
void reply_off_loop(Executor& readers, v2::Exchange&& exchange, std::string_view content_type,
                    std::function<std::string()> make_body);

}  // namespace viaduct::server
