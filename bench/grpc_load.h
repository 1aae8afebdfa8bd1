// A closed-loop load over gRPC: so many connections with so many unary calls under way on each; whenever one is
// answered the next begins.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "bench/grpc_connection.h"
#include "bench/poller.h"
#include "bench/requests.h"
#include "bench/runner.h"

namespace viaduct::bench {

class GrpcLoad final : public Runner {
 public:
  // `source` makes framed messages.
  GrpcLoad(int port, size_t connections, size_t calls, std::string_view path, RequestSource source);

  ~GrpcLoad() override;

  LoadResult run_for(std::chrono::nanoseconds time) override;
  LoadResult run_all();  // returns when the source is exhausted and all is answered

 private:
  class Lane;
  template <typename Enough>
  LoadResult run(Enough enough);

  std::string_view path_;
  RequestSource source_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  Poller poller_;
  size_t in_flight_ = 0;
  LoadResult* result_ = nullptr;  // of the run under way
};

}  // namespace viaduct::bench
