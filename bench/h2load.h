// h2load of nghttp2 as a load generator: one thread, HTTP/2 with prior knowledge, one gRPC request over and over.
// Errors: Failure when it is missing, or when any request fails. It sees HTTP statuses only, so check beforehand that
//         the request is answered with gRPC status 0.
#pragma once

#include <string>
#include <string_view>

#include "bench/runner.h"

namespace viaduct::bench {

class H2Load final : public Runner {
 public:
  H2Load(int port, size_t connections, size_t calls, std::string_view path, std::string_view message,
         const std::string& work_directory);
  ~H2Load() override;
  H2Load(const H2Load&) = delete;

  LoadResult run_for(std::chrono::nanoseconds time) override;

 private:
  std::string command_;
  std::string body_file_, log_file_;
};

}  // namespace viaduct::bench
