#include "peer/http_client.h"

#include <future>
#include <vector>

#include "test/peer/raw_server.h"
#include "test/support/temporary_directory.h"

namespace viaduct::peer {
namespace {

using namespace std::chrono_literals;
using Kind = DialFailure::Kind;

// Says `reply` to each request of a connection.
RawServer::Talk answering(std::string reply) {
  return [reply = std::move(reply)](const RawServer::Connection& connection) {
    while (connection.hear("\r\n\r\n").ends_with("\r\n\r\n")) connection.say(reply);
  };
}

HttpRequest quick(std::string target = "/x") {
  HttpRequest request;
  request.target = std::move(target);
  request.answer_timeout = 200ms;
  return request;
}

// A port that nobody listens on any more.
std::string unused_url() {
  return RawServer([](const RawServer::Connection&) {}).url();
}

TEST_CASE("a request goes out as told, and its answer comes back") {
  std::string heard;
  RawServer server([&](const RawServer::Connection& connection) {
    heard = connection.hear("body");
    connection.say("HTTP/1.1 201 Created\r\nX-Id: 7\r\nContent-Length: 5\r\n\r\nhello");
  });
  HttpRequest request = quick("/v2/x?y=%20z");
  request.method = "PUT";
  request.headers = {{"X-Server-From", "a1"}};
  request.body = "body";
  request.content_type = "text/plain";
  const HttpReply reply = HttpClient(server.url() + "/base/").send(request);
  REQUIRE(reply.ok());
  CHECK(reply.status == 201);
  CHECK(reply.find_header("x-id") == "7");
  CHECK(reply.find_header("none").empty());
  CHECK(reply.body == "hello");
  CHECK(heard.starts_with("PUT /base/v2/x?y=%20z HTTP/1.1\r\n"));
  CHECK(heard.find("X-Server-From: a1\r\n") != std::string::npos);
  CHECK(heard.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(heard.find("Host: " + server.url().substr(7) + "\r\n") != std::string::npos);
}

TEST_CASE("a connection is used again, and a new one made when the server has closed it") {
  std::atomic<int> connections{0};
  RawServer server([&](const RawServer::Connection& connection) {
    ++connections;
    for (int i = 0; i < 2 && !connection.hear("\r\n\r\n").empty(); ++i) {
      connection.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  HttpClient client(server.url());
  CHECK(client.send(quick()).body == "ok");
  CHECK(client.send(quick()).body == "ok");
  CHECK(connections == 1);
  for (HttpReply reply = client.send(quick());; reply = client.send(quick())) {
    if (!reply.ok()) continue;  // the close had not come yet
    CHECK(reply.body == "ok");
    break;
  }
  CHECK(connections == 2);
}

TEST_CASE("a failure says of which kind it is") {
  struct Case {
    const char* name;
    RawServer::Talk talk;
    Kind kind;
  };
  const std::string over_limit = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x');
  const std::vector<Case> cases = {
      {"silence", [](const auto& connection) { connection.hear("never"); }, Kind::kTimedOut},
      {"a close without an answer", [](const auto& connection) { connection.hear("\r\n\r\n"); }, Kind::kReset},
      {"a reset",
       [](const auto& connection) {
         connection.hear("\r\n\r\n");
         connection.reset();
       },
       Kind::kReset},
      {"a close within the answer",
       [](const auto& connection) {
         connection.hear("\r\n\r\n");
         connection.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
       },
       Kind::kReset},
      {"no HTTP", answering("SSH-2.0-OpenSSH_9.2\r\n"), Kind::kBadReply},
      {"a body beyond the limit", answering(over_limit), Kind::kBadReply},
      {"a status line without end", answering("HTTP/1.1 200 " + std::string(100'000, 'x')), Kind::kBadReply},
      {"headers without end", answering("HTTP/1.1 200 OK\r\n" + std::string(100'000, 'x')), Kind::kBadReply},
      {"many headers",
       [](const auto& connection) {
         connection.hear("\r\n\r\n");
         connection.say("HTTP/1.1 200 OK\r\n");
         for (int i = 0; i < 20'000; ++i) connection.say("X: y\r\n");
       },
       Kind::kBadReply},
      {"an interim answer and a long line after it",
       answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 " + std::string(60'000, 'x') + "\r\n\r\n"),
       Kind::kBadReply},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    RawServer server(c.talk);
    HttpOptions options;
    options.reply_limit_bytes = 99;
    const HttpReply reply = HttpClient(server.url(), options).send(quick());
    CHECK(reply.failure.kind == c.kind);
    CHECK(reply.status == 0);
    CHECK_FALSE(reply.failure.message.empty());
  }
}

TEST_CASE("an answer that stops half-way is not waited for beyond its time") {
  RawServer server([](const RawServer::Connection& connection) {
    connection.hear("\r\n\r\n");
    connection.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    connection.hear("never");
  });
  const auto start = std::chrono::steady_clock::now();
  CHECK(HttpClient(server.url()).send(quick()).failure.kind == Kind::kTimedOut);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("a body at the limit is taken, whole or in chunks") {
  for (const char* reply : {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfou\r\n1\r\nr\r\n0\r\n\r\n"}) {
    RawServer server(answering(reply));
    HttpOptions options;
    options.reply_limit_bytes = 4;
    CHECK(HttpClient(server.url(), options).send(quick()).body == "four");
    options.reply_limit_bytes = 3;
    CHECK(HttpClient(server.url(), options).send(quick()).failure.kind == Kind::kBadReply);
  }
}

TEST_CASE("dialling in vain says why") {
  struct Case {
    const char* name;
    std::string url;
    Kind kind;
  };
  const TemporaryDirectory directory;
  const std::vector<Case> cases = {
      {"nobody listens", unused_url(), Kind::kRefused},
      {"no socket file", "unix://" + directory.path() + "/none", Kind::kRefused},
      {"no such name", "http://no-such-host.invalid:1", Kind::kUnresolved},
      {"not a URL", "nonsense", Kind::kBadUrl},
      {"a path too long", "unix://" + std::string(200, 'x'), Kind::kBadUrl},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    HttpOptions options;
    options.connect_timeout = 5s;
    CHECK(HttpClient(c.url, options).send(quick()).failure.kind == c.kind);
  }
}

TEST_CASE("redirects are followed as often as allowed, to wherever they lead") {
  RawServer last(answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"));
  RawServer second(answering("HTTP/1.1 307 Temporary Redirect\r\nLocation: " + last.url() +
                             "/there?x=1\r\nContent-Length: 0\r\n\r\n"));
  RawServer first([&](const RawServer::Connection& connection) {
    connection.hear("\r\n\r\n");
    connection.say("HTTP/1.1 302 Found\r\nLocation: " + second.url() + "\r\nContent-Length: 0\r\n\r\n");
  });
  for (const auto& [redirects, status] : {std::pair<unsigned, int>{0, 302}, {1, 307}, {2, 200}, {9, 200}}) {
    CAPTURE(redirects);
    HttpOptions options;
    options.max_redirects = redirects;
    CHECK(HttpClient(first.url(), options).send(quick()).status == status);
  }
}

TEST_CASE("a proxy is asked for the whole URL") {
  std::string heard;
  RawServer proxy([&](const RawServer::Connection& connection) {
    heard = connection.hear("\r\n\r\n");
    connection.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  HttpOptions options;
  options.proxy = proxy.url();
  CHECK(HttpClient("http://discovery.invalid:4001", options).send(quick("/v2/keys/x")).status == 200);
  CHECK(heard.starts_with("GET http://discovery.invalid:4001/v2/keys/x HTTP/1.1\r\n"));
}

TEST_CASE("a streamed body goes out in chunks as it is written") {
  std::string heard;
  RawServer server([&](const RawServer::Connection& connection) {
    heard = connection.hear("\r\n\r\n");
    heard += connection.hear("0\r\n\r\n");
    connection.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  });
  const HttpReply reply = HttpClient(server.url()).stream(quick(), [](HttpBody& body) {
    for (const char* text : {"first", "", "second"}) {
      std::string chunk = std::string(HttpBody::kChunkHeadBytes, '\0') + text;
      CHECK(body.write(chunk));
    }
  });
  CHECK(reply.body == "done");
  CHECK(heard.ends_with("\r\n\r\n00000005\r\nfirst\r\n00000006\r\nsecond\r\n0\r\n\r\n"));
}

TEST_CASE("a stream learns at once that the server has closed") {
  RawServer server([&](const RawServer::Connection& connection) { connection.hear("first\r\n"); });
  const WakeUp never;
  const auto start = std::chrono::steady_clock::now();
  const HttpReply reply = HttpClient(server.url()).stream(quick(), [&](HttpBody& body) {
    std::string chunk = std::string(HttpBody::kChunkHeadBytes, '\0') + "first";
    CHECK(body.write(chunk));
    CHECK_FALSE(body.wait(never.descriptor(), 60s));
    CHECK(body.failure().kind == Kind::kReset);
  });
  CHECK(reply.failure.kind == Kind::kReset);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("a server that reads nothing is given up, and a cancelled wait ends at once") {
  for (const bool cancelled : {false, true}) {
    CAPTURE(cancelled);
    std::promise<void> over;
    RawServer server([&](const RawServer::Connection& connection) {
      connection.hear("\r\n\r\n");
      over.get_future().wait();
    });
    const Cancellation cancellation;
    HttpOptions options;
    options.cancellation = &cancellation;
    options.write_timeout = cancelled ? 60'000ms : 100ms;
    HttpRequest request = quick();
    request.answer_timeout = 60s;
    const auto start = std::chrono::steady_clock::now();
    std::thread canceller;
    const HttpReply reply = HttpClient(server.url(), options).stream(request, [&](HttpBody& body) {
      if (cancelled) canceller = std::thread([&] { cancellation.cancel(); });
      std::string chunk(1 << 20, 'x');
      while (body.write(chunk)) chunk.resize(1 << 20);
    });
    if (canceller.joinable()) canceller.join();
    over.set_value();
    CHECK(reply.failure.kind == (cancelled ? Kind::kCancelled : Kind::kTimedOut));
    CHECK(std::chrono::steady_clock::now() - start < 10s);
  }
}

}  // namespace
}  // namespace viaduct::peer
