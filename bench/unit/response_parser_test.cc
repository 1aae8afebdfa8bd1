#include "bench/response_parser.h"

#include <doctest/doctest.h>

#include <string>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

struct Case {
  std::string name;
  std::string answer;
  int status;
  std::string body;
};

const Case kCases[] = {
    {"a length", "HTTP/1.1 201 Created\r\nA: b\r\nContent-Length: 5\r\n\r\nhello", 201, "hello"},
    {"a length of nothing", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, ""},
    {"no framing at all", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", 204, ""},
    {"one chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nC\r\nhello\r\n\r\nyou\r\n0\r\n\r\n", 200,
     "hello\r\n\r\nyou"},
    {"two chunks", "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n2;a=b\r\nyz\r\n0\r\n\r\n",
     404, "xyz"},
    {"a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n", 200, "x"},
};

TEST_CASE("an answer ends with its last byte, wherever the bytes are cut in two") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    for (size_t cut = 0; cut < c.answer.size(); ++cut) {
      CAPTURE(cut);
      std::string body;
      ResponseParser parser;
      parser.expect(&body);
      parser.feed(c.answer.substr(0, cut));
      CHECK_FALSE(parser.complete());
      parser.feed(c.answer.substr(cut));
      CHECK(parser.complete());
      CHECK(parser.status() == c.status);
      CHECK(body == c.body);
    }
  }
}

TEST_CASE("one parser takes answer after answer, byte by byte") {
  ResponseParser parser;
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    std::string body;
    parser.expect(&body);
    for (const char byte : c.answer) parser.feed({&byte, 1});
    CHECK(parser.complete());
    CHECK(body == c.body);
  }
}

TEST_CASE("a parked answer has its head and no end") {
  ResponseParser parser;
  parser.expect();
  CHECK_FALSE(parser.has_head());
  parser.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(parser.has_head());
  CHECK_FALSE(parser.complete());
}

TEST_CASE("what is no answer, or more than one, is a failure") {
  for (const std::string bytes : {"HTTP/1.0 200 OK\r\n\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    CAPTURE(bytes);
    ResponseParser parser;
    parser.expect();
    CHECK_THROWS_AS(parser.feed(bytes), Failure);
  }
}

}  // namespace
}  // namespace viaduct::bench
