#include "test/conformance/reply.h"

#include <doctest/doctest.h>

using namespace viaduct::conformance;

namespace {

// Every way to cut the bytes in two must give the same reply.
Reply parsed_in_two(const std::string& bytes, size_t cut, bool answers_head = false) {
  ReplyParser parser(answers_head);
  parser.feed(bytes.substr(0, cut));
  parser.feed(bytes.substr(cut));
  CHECK(parser.complete());
  return parser.reply();
}

}  // namespace

TEST_CASE("a reply is the same however its bytes arrive") {
  struct Row {
    const char* name;
    std::string bytes;
    const char* body;
  };
  for (const Row& row : {
           Row{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
           Row{"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
           Row{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
               "hello"},
           Row{"no chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
           Row{"after an interim reply", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
               "hi"},
       }) {
    CAPTURE(row.name);
    for (size_t cut = 0; cut <= row.bytes.size(); ++cut) {
      CAPTURE(cut);
      const Reply reply = parsed_in_two(row.bytes, cut);
      CHECK(reply.status_line == "HTTP/1.1 200 OK");
      CHECK(reply.body == row.body);
    }
  }
}

TEST_CASE("the reply to HEAD has a length and no body") {
  CHECK(parsed_in_two("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 3, true).body.empty());
}

TEST_CASE("what follows a reply is kept for the next") {
  ReplyParser parser;
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 404");
  CHECK(parser.complete());
  CHECK(parser.take_rest() == "HTTP/1.1 404");
}

TEST_CASE("a reply that ends early, or is none, is broken") {
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "hello"}) {
    CAPTURE(bytes);
    ReplyParser parser;
    parser.feed(bytes);
    parser.end_of_stream();
    CHECK(parser.broken());
  }
}

TEST_CASE("a body without length ends with the connection") {
  ReplyParser parser;
  parser.feed("HTTP/1.0 200 OK\r\n\r\nhel");
  parser.feed("lo");
  CHECK(!parser.complete());
  parser.end_of_stream();
  CHECK(parser.complete());
  CHECK(parser.reply().body == "hello");
}

TEST_CASE("events are taken line by line") {
  ReplyParser parser;
  parser.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na\n\r\n1\r\nb\r\n");
  CHECK(parser.take_line() == "a\n");
  CHECK(parser.take_line().empty());
  parser.feed("1\r\n\n\r\n");
  CHECK(parser.take_line() == "b\n");
  CHECK(parser.take_body().empty());
}
