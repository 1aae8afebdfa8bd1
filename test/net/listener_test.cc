#include "net/listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "net/admission.h"
#include "test/net/server_harness.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

Result<std::unique_ptr<Listener>> open_url(Server& server, const std::string& url) {
  return Listener::open(server.loops, server.handler, parse_listen_url(url).value(), ListenOptions());
}

// Opens clients until one is turned away; each proves by a request that it is served.
size_t served(Server& server, size_t clients) {
  std::vector<std::unique_ptr<Client>> open;
  size_t answers = 0;
  for (size_t i = 0; i < clients; ++i) {
    open.push_back(std::make_unique<Client>(server.address()));
    open.back()->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    if (open.back()->read_reply().starts_with("HTTP/1.1 200")) ++answers;
  }
  return answers;
}

}  // namespace

TEST_CASE("localhost is listened on for IPv4 and, where there is one, IPv6") {
  Server server;
  const auto listener = open_url(server, "http://localhost:0");
  REQUIRE(listener);
  const std::vector<std::string>& addresses = (*listener)->addresses();
  REQUIRE_FALSE(addresses.empty());
  CHECK(addresses[0].starts_with("127.0.0.1:"));
  for (const std::string& address : addresses) CHECK(Client(address).get("/a") == "/a");
}

TEST_CASE("every address means both families") {
  Server server;
  for (const char* url : {"http://0.0.0.0:0", "http://:0"}) {
    const auto listener = open_url(server, url);
    REQUIRE(listener);
    const std::string address = (*listener)->addresses().at(0);
    CHECK(Client("127.0.0.1" + address.substr(address.rfind(':'))).get("/a") == "/a");
  }
}

TEST_CASE("a unix socket is made, replaced when stale, and taken away again") {
  const std::string path = "/tmp/viaduct-net-test-" + std::to_string(getpid()) + ".sock";
  Server server;
  {
    const auto listener = open_url(server, "unix://" + path);
    REQUIRE(listener);
    CHECK(Client(path).get("/a") == "/a");
    const auto second = open_url(server, "unix://" + path);
    REQUIRE_FALSE(second);
    CHECK(second.error().message == "cannot listen on " + path + ": Address already in use");
  }
  CHECK(access(path.c_str(), F_OK) != 0);
}

TEST_CASE("what cannot be listened on is named") {
  Server server;
  const auto taken = open_url(server, "http://" + server.address());
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message == "cannot listen on " + server.address() + ": Address already in use");
  const auto name = open_url(server, "http://example.com:0");
  REQUIRE_FALSE(name);
  CHECK(name.error().message == "expected IP in URL for binding (http://example.com:0)");
  CHECK_FALSE(open_url(server, "https://127.0.0.1:0"));
}

TEST_CASE("a stopped listener accepts no more, and its connections live on") {
  Server server;
  Client before(server.address());
  CHECK(before.get("/a") == "/a");
  server.listener->stop();
  CHECK_FALSE(Client(server.address()).connected());
  CHECK(before.get("/b") == "/b");
}

TEST_CASE("a listener can be stopped before its loops run") {
  const TestClock clock;
  FunctionHandler handler(echo);
  LoopGroup loops(clock, Limits(), 1);
  auto listener = Listener::open(loops, handler, parse_listen_url("http://127.0.0.1:0").value(), ListenOptions());
  REQUIRE(listener);
  const std::string address = (*listener)->addresses().at(0);
  (*listener)->stop();
  CHECK_FALSE(Client(address).connected());
}

TEST_CASE("connections beyond the listener's limit are closed, and there is room again when others leave") {
  ListenOptions options;
  options.max_connections = 3;
  for (const size_t clients : {2, 3, 4}) {
    Server server(echo, Limits(), options);
    CHECK(served(server, clients) == std::min<size_t>(clients, 3));
    CHECK(server.count(&Counters::connection_limit) == (clients > 3 ? 1 : 0));
    REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
    CHECK(served(server, 1) == 1);
  }
}

TEST_CASE("connections beyond the limit of an address are closed") {
  ListenOptions options;
  options.max_connections_per_address = 2;
  for (const size_t clients : {1, 2, 3}) {
    Server server(echo, Limits(), options);
    CHECK(served(server, clients) == std::min<size_t>(clients, 2));
    CHECK(server.count(&Counters::address_limit) == (clients > 2 ? 1 : 0));
  }
}

TEST_CASE("places are given back by their tickets, also after the listener is gone") {
  auto admission = std::make_unique<Admission>(2, 1);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  const PeerAddress peer(reinterpret_cast<const sockaddr&>(v4));
  Admission::Decision first = admission->admit(peer);
  CHECK(first.verdict == Admission::Verdict::kAdmitted);
  CHECK(admission->admit(peer).verdict == Admission::Verdict::kTooManyFromAddress);
  const Admission::Decision local = admission->admit(PeerAddress());
  CHECK(local.verdict == Admission::Verdict::kAdmitted);
  CHECK(admission->admit(PeerAddress()).verdict == Admission::Verdict::kTooMany);
  first.ticket.reset();
  CHECK(admission->admit(peer).verdict == Admission::Verdict::kAdmitted);
  admission.reset();
}

TEST_CASE("without descriptors left accepting waits, others are served, and it goes on by itself") {
  Server server;
  Client before(server.address());
  CHECK(before.get("/a") == "/a");
  Client refused(server.address());
  CHECK(refused.get("/warm") == "/warm");
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &old) == 0);
  Client later(server.address());  // accepted before the limit falls, or waiting in the backlog after
  CHECK(later.get("/b") == "/b");
  const int lowest_free = dup(0);
  close(lowest_free);
  const int pending = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(pending == lowest_free);
  const rlimit none_left{static_cast<rlim_t>(pending) + 1, old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(static_cast<uint16_t>(std::stoi(server.address().substr(server.address().rfind(':') + 1))));
  REQUIRE(connect(pending, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
  CHECK(eventually([&] { return server.count(&Counters::accept_failures) > 0; }));
  CHECK(before.get("/c") == "/c");
  const uint64_t accepted = server.count(&Counters::connections_accepted);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &old) == 0);
  CHECK(eventually([&] { return server.count(&Counters::connections_accepted) == accepted + 1; }));
  close(pending);
}
