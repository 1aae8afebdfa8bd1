#include "net/site_access.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct;
using namespace viaduct::net;

namespace {

// What a request gets: the status it is answered with, or 0, and the headers that its answer carries.
struct Outcome {
  int status;
  std::string headers;
  std::string body;
};

Outcome outcome(const SiteAccess& access, std::string_view method, std::string_view host, std::string_view origin = "",
                std::string_view target = "/version", Scheme scheme = Scheme::kHttp) {
  Request request(method, target);
  request.scheme = scheme;
  request.add_header("Host", host);
  if (!origin.empty()) request.add_header("Origin", origin);
  ReplyHeaders headers;
  const auto reply = access.answer(request, headers);
  if (!reply) return {0, std::string(headers.lines()), ""};
  return {reply->status, std::string(reply->headers.lines()), std::string(view(reply->body))};
}

constexpr const char* kAnyOrigin =
    "Access-Control-Allow-Headers: accept, content-type, authorization\r\n"
    "Access-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE\r\n"
    "Access-Control-Allow-Origin: *\r\n";

}  // namespace

TEST_CASE("with no list every host and every origin passes, and OPTIONS is answered") {
  const SiteAccess access({{"*"}, {}});
  const Outcome get = outcome(access, "GET", "anything:1", "http://anywhere");
  CHECK(get.status == 0);
  CHECK(get.headers == kAnyOrigin);
  CHECK(outcome(access, "PUT", "anything", "http://anywhere").status == 0);
  const Outcome options = outcome(access, "OPTIONS", "h");
  CHECK(options.status == 200);
  CHECK(options.headers == kAnyOrigin);
  CHECK(options.body == "");
}

TEST_CASE("a Host that is not listed is refused before anything else, and counted") {
  const SiteAccess access({{"*"}, {"good.example", "::1"}});
  struct Case {
    const char* host;
    const char* target;
    Scheme scheme;
    int status;
  };
  for (const Case& c :
       {Case{"good.example", "/", Scheme::kHttp, 0}, Case{"good.example:2379", "/", Scheme::kHttp, 0},
        Case{"[::1]:2379", "/", Scheme::kHttp, 0}, Case{"bad.example", "/", Scheme::kHttp, 421},
        Case{"xgood.example", "/", Scheme::kHttp, 421}, Case{"Good.example", "/", Scheme::kHttp, 421},
        Case{"bad.example", "http://good.example:1/", Scheme::kHttp, 0},
        Case{"good.example", "http://bad.example/", Scheme::kHttp, 421}, Case{"bad.example", "/", Scheme::kHttps, 0}}) {
    CAPTURE(c.host);
    CAPTURE(c.target);
    CHECK(outcome(access, "GET", c.host, "", c.target, c.scheme).status == c.status);
  }
  CHECK(access.refused().hosts == 4);
  const Outcome refused = outcome(access, "OPTIONS", "bar.example:1");
  CHECK(refused.status == 421);
  CHECK(refused.headers.find("Access-Control") == std::string::npos);
  CHECK(refused.body.size() == 373);
  CHECK(refused.body.find("--host-whitelist \"bar.example\"\n") != std::string::npos);
}

TEST_CASE("with a list of origins only those get the headers, and only those may write from a page") {
  const SiteAccess access({{"http://one.example:80", "http://two.example:80"}, {}});
  struct Case {
    const char* method;
    const char* origin;
    int status;
    bool headers;
  };
  for (const Case& c :
       {Case{"GET", "http://two.example:80", 0, true}, Case{"PUT", "http://two.example:80", 0, true},
        Case{"GET", "http://evil.example:80", 0, false}, Case{"PUT", "http://evil.example:80", 403, false},
        Case{"OPTIONS", "http://evil.example:80", 200, false}, Case{"PUT", "", 0, false}}) {
    CAPTURE(c.method);
    CAPTURE(c.origin);
    const Outcome got = outcome(access, c.method, "h", c.origin);
    CHECK(got.status == c.status);
    const bool named = got.headers.find("Access-Control-Allow-Origin: http://two.example:80") != std::string::npos;
    CHECK(named == c.headers);
    CHECK((got.headers.find("Access-Control") != std::string::npos) == c.headers);
  }
  CHECK(access.refused().origins == 1);
}

TEST_CASE("a page from elsewhere may not open a WebSocket either, for that may write") {
  const SiteAccess access({{"http://one.example"}, {}});
  for (const auto& [origin, status] : {std::pair{"http://one.example", 0}, std::pair{"http://evil.example", 403}}) {
    Request request("GET", "/v3/kv/put");
    request.add_header("Origin", origin);
    request.add_header("Upgrade", "websocket");
    request.add_header("Connection", "Upgrade");
    ReplyHeaders headers;
    const auto reply = access.answer(request, headers);
    CHECK((reply ? reply->status : 0) == status);
  }
}

TEST_CASE("without any origin named there is no header, and nothing is refused for it") {
  const SiteAccess access({});
  const Outcome put = outcome(access, "PUT", "h", "http://anywhere");
  CHECK(put.status == 0);
  CHECK(put.headers == "");
}

TEST_CASE("a redirect shows where to, and a page of it to who reads") {
  CHECK(view(moved_permanently(Method::kPut, "/a", {}).body) == "");
  const Reply get = moved_permanently(Method::kGet, "/a?x='<\">&", {});
  CHECK(view(get.body) == "<a href=\"/a?x=&#39;&lt;&#34;&gt;&amp;\">Moved Permanently</a>.\n\n");
  CHECK(get.headers.lines() == "Content-Type: text/html; charset=utf-8\r\nLocation: /a?x='<\">&\r\n");
}
