#include "bench/h2load.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

constexpr int kSuccess = 200;

// One line a request: when it began (µs since 1970), its status, how long it took (µs).
LoadResult read_log(const std::string& file) {
  LoadResult result;
  std::ifstream in(file);
  int64_t first = INT64_MAX, last = 0;
  for (int64_t began = 0, took = 0, status = 0; in >> began >> status >> took;) {
    if (status != kSuccess) throw Failure("h2load: a request was answered " + std::to_string(status));
    ++result.operations;
    result.latency.add(std::chrono::microseconds(took));
    first = std::min(first, began);
    last = std::max(last, began + took);
  }
  if (result.operations == 0) throw Failure("h2load: no request was answered");
  result.elapsed = std::chrono::microseconds(last - first);
  return result;
}

}  // namespace

H2Load::H2Load(int port, size_t connections, size_t calls, std::string_view path, std::string_view message,
               const std::string& work_directory)
    : body_file_(work_directory + "/h2load-body"), log_file_(work_directory + "/h2load-log") {
  std::ofstream(body_file_, std::ios::binary) << message;
  command_ = "h2load --no-tls-proto=h2c -c " + std::to_string(connections) + " -m " + std::to_string(calls) + " -d '" +
             body_file_ + "' --log-file='" + log_file_ +
             "' -H 'content-type: application/grpc' -H 'te: trailers' http://127.0.0.1:" + std::to_string(port) +
             std::string(path);
}

H2Load::~H2Load() {
  ::unlink(body_file_.c_str());
  ::unlink(log_file_.c_str());
}

LoadResult H2Load::run_for(std::chrono::nanoseconds time) {
  ::unlink(log_file_.c_str());
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (std::system((command_ + " -D " + std::to_string(ms) + "ms >/dev/null 2>&1").c_str()) != 0)
    throw Failure("h2load failed (package nghttp2-client): " + command_);
  return read_log(log_file_);
}

}  // namespace viaduct::bench
