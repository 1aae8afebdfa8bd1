// Ten thousand long-polls on one server: each costs memory, none a thread, and all are told.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "raw_socket.h"
#include "server_process.h"
#include "v2_client.h"

namespace viaduct::system_test {
namespace {

constexpr size_t kWatches = 10'000;

TEST_CASE("ten thousand parked watches take no thread each, and all get the event") {
  allow_many_sockets();
  ServerProcess server;
  V2Client client(server.port());
  REQUIRE(client.put("/watched", "value=before"));
  const size_t threads_before = server.thread_count();
  const uint64_t bytes_before = server.resident_bytes();

  std::vector<RawSocket> watches;
  watches.reserve(kWatches);
  for (size_t i = 0; i < kWatches; ++i) {
    watches.emplace_back(server.port());
    REQUIRE(watches.back().send("GET /v2/keys/watched?wait=true HTTP/1.1\r\nHost: x\r\n\r\n"));
    REQUIRE(watches.back().read_until("\r\n\r\n").find("HTTP/1.1 200 OK\r\n") == 0);
  }
  const size_t threads = server.thread_count();
  const uint64_t bytes_each = (server.resident_bytes() - bytes_before) / kWatches;
  CHECK(threads == threads_before);
  CHECK(bytes_each <= 8192);

  REQUIRE(client.put("/watched", "value=after")->status == 200);
  for (RawSocket& watch : watches) {
    const std::string& answer = watch.read_until("\r\n0\r\n\r\n");
    REQUIRE(answer.find("\"value\":\"after\"") != std::string::npos);
  }
  MESSAGE(kWatches, " watches: ", threads, " threads, ", bytes_each, " bytes each");
}

TEST_CASE("a stop ends parked watches cleanly and finishes what was asked") {
  ServerProcess server;
  RawSocket watch(server.port());
  REQUIRE(watch.send("GET /v2/keys/x?wait=true&stream=true HTTP/1.1\r\nHost: x\r\n\r\n"));
  watch.read_until("\r\n\r\n");
  const int status = server.stop(SIGTERM);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
  REQUIRE(watch.read_to_end());
  CHECK(watch.received().ends_with("\r\n\r\n0\r\n\r\n"));  // no event, but a whole chunked body
}

}  // namespace
}  // namespace viaduct::system_test
