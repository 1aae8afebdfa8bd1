// Reads of ranges at the head, for services: at once where that is quick, else on a thread that may block.
#pragma once

#include <memory>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "net/loop.h"
#include "v3bridge/engine.h"
#include "v3bridge/range.h"

namespace viaduct::v3 {

// Calls `then(head, response)` on `loop`, maybe before this returns. The request names no revision, so nothing can
// fail.
template <typename Then>
void read_range(v3bridge::Engine& engine, net::Loop& loop, const etcdserverpb::RangeRequest& request, Then then) {
  etcdserverpb::RangeResponse response;
  const v3bridge::Read read = v3bridge::read_range_fast(engine.store(), request, response);
  if (!read.needs_reader) return then(read.head, response);
  engine.readers().post_function([&engine, &loop, request, then = std::move(then)]() mutable {
    auto answer = std::make_unique<etcdserverpb::RangeResponse>();
    const Revision head = v3bridge::read_range_slow(engine.store(), request, *answer).head;
    loop.post_function([head, answer = std::move(answer), then = std::move(then)]() mutable { then(head, *answer); });
  });
}

}  // namespace viaduct::v3
