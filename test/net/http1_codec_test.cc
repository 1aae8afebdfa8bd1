#include "net/http1_codec.h"

#include <doctest/doctest.h>

#include <string>

#include "test/net/codec_harness.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kPut = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nv=1";
const std::string kChunked =
    "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";

std::string ok(const std::string& body, const std::string& connection = "") {
  return "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + connection +
         "\r\n" + body;
}

std::string refusal(const std::string& status, const std::string& detail = "") {
  const std::string body = status + (detail.empty() ? "" : ": " + detail);
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: text/plain; charset=utf-8\r\nServer: s\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("requests come out whole wherever the bytes are cut") {
  const std::string stream = kGet + kPut + "\r\n" + kChunked + kGet;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    CodecHarness h;
    for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)}) {
      h.feed(part);
      for (size_t i = 0; i < h.requests.size(); ++i) {
        h.answer(i, "");  // those answered already are left alone
        h.feed("");
      }
    }
    REQUIRE(h.requests.size() == 4);
    CHECK(h.requests[0].request.method() == Method::kGet);
    CHECK(h.requests[1].request.body == "v=1");
    CHECK(h.requests[2].request.target() == "/c");
    CHECK(h.requests[2].request.body == "abc0123456789");
    CHECK(h.requests[2].request.header_count() == 2);
    CHECK(h.requests[3].request.find_header("host") == "h");
    CHECK(h.rest == "");
    CHECK(h.take_output() == ok("") + ok("") + ok("") + ok(""));
  }
}

TEST_CASE("requests come out whole byte by byte") {
  for (const std::string& request : {kGet, kPut, kChunked}) {
    CodecHarness h;
    h.feed_in_pieces(request, 1);
    REQUIRE(h.requests.size() == 1);
    CHECK(h.codec.phase() == InputPhase::kNone);
  }
}

TEST_CASE("bytes that are no request are refused once, and nothing behind them is read") {
  struct Case {
    std::string name;
    std::string bytes;
    std::string answer;
  };
  const std::string bad = "400 Bad Request";
  const std::string line = "PUT /a HTTP/1.1\r\nHost: h\r\n";
  for (const Case& c : {
           Case{"garbage", "\x16\x03\x01\x02\n", refusal(bad)},
           Case{"no version", "GET /a\r\n\r\n", refusal(bad)},
           Case{"bare line feeds", "GET /a HTTP/1.1\nHost: h\n\n", refusal(bad)},
           Case{"a bare line feed in the head", "GET /a HTTP/1.1\r\nHost: h\nA: b\r\n\r\n",
                refusal(bad, "invalid header value")},
           Case{"a bare carriage return", line + "A: b\rC: d\r\n\r\n", refusal(bad)},
           Case{"space before the colon", line + "X : y\r\n\r\n", refusal(bad, "invalid header name")},
           Case{"no name", line + ": y\r\n\r\n", refusal(bad, "invalid header name")},
           Case{"a control character", line + "X: \x01\r\n\r\n", refusal(bad, "invalid header value")},
           Case{"two lengths", line + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", refusal(bad)},
           Case{"the same length twice", line + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", refusal(bad)},
           Case{"a list of lengths", line + "Content-Length: 1, 1\r\n\r\na", refusal(bad)},
           Case{"a signed length", line + "Content-Length: +1\r\n\r\na", refusal(bad)},
           Case{"a length that overflows", line + "Content-Length: 18446744073709551616\r\n\r\n", refusal(bad)},
           Case{"an empty length", line + "Content-Length:\r\n\r\n", refusal(bad)},
           Case{"length and coding", line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", refusal(bad)},
           Case{"coding and length", line + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", refusal(bad)},
           Case{"two codings", line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", refusal(bad)},
           Case{"chunked by another name", line + "Transfer-Encoding: xchunked\r\n\r\n",
                refusal("501 Not Implemented", "Unsupported transfer encoding")},
           Case{"chunked is not last", line + "Transfer-Encoding: chunked, gzip\r\n\r\n",
                refusal("501 Not Implemented", "Unsupported transfer encoding")},
           Case{"chunked is not alone", line + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                refusal("501 Not Implemented", "Unsupported transfer encoding")},
           Case{"coding in 1.0", "PUT /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", refusal(bad)},
           Case{"no host", "GET /a HTTP/1.1\r\n\r\n", refusal(bad, "missing required Host header")},
           Case{"two hosts", "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", refusal(bad)},
           Case{"a host with a space", "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", refusal(bad, "malformed Host header")},
           Case{"a bad escape in the path", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", refusal(bad)},
           Case{"a relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", refusal(bad)},
           Case{"an asterisk", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", refusal(bad)},
           Case{"version 2.0", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", refusal("505 HTTP Version Not Supported")},
           Case{"version 0.9", "GET /a HTTP/0.9\r\nHost: h\r\n\r\n", refusal("505 HTTP Version Not Supported")},
           Case{"version 1.10", "GET /a HTTP/1.10\r\nHost: h\r\n\r\n", refusal(bad)},
           Case{"another expectation", line + "Expect: more\r\n\r\n", refusal("417 Expectation Failed")},
           Case{"a chunk size that is none", line + "Transfer-Encoding: chunked\r\n\r\nx\r\n", refusal(bad)},
           Case{"a chunk size in 0x form", line + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n", refusal(bad)},
           Case{"a chunk size that overflows", line + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
                refusal(bad)},
           Case{"a chunk longer than said", line + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
                refusal(bad)},
           Case{"a length in the trailer", line + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n",
                refusal(bad)},
           Case{"a chunk extension without end",
                line + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'x') + "\r\na\r\n", refusal(bad)},
       }) {
    for (const size_t piece : {size_t{1}, size_t{7}, c.bytes.size() + kGet.size()}) {
      CAPTURE(c.name);
      CAPTURE(piece);
      CodecHarness h;
      h.feed_in_pieces(c.bytes + kGet, piece);
      CHECK(h.requests.empty());
      CHECK(h.take_output() == c.answer);
      CHECK(h.codec.done());
      CHECK_FALSE(h.codec.wants_input());
    }
  }
}

TEST_CASE("replies leave in the order of their requests") {
  CodecHarness h;
  h.feed(kGet + kGet + kGet);
  REQUIRE(h.requests.size() == 3);
  h.answer(2, "three");
  h.answer(1, "two");
  CHECK(h.take_output() == "");
  CHECK(h.codec.backlog(h.requests[0].stream) == 0);
  h.answer(0, "one");
  CHECK(h.take_output() == ok("one") + ok("two") + ok("three"));
  CHECK(h.codec.in_flight() == 0);
}

TEST_CASE("a request that is not safe runs alone") {
  CodecHarness h;
  h.feed(kGet + kPut + kGet);
  REQUIRE(h.requests.size() == 1);
  CHECK_FALSE(h.codec.wants_input());
  h.answer(0, "");
  h.feed("");
  REQUIRE(h.requests.size() == 2);
  CHECK(h.requests[1].request.method() == Method::kPut);
  h.answer(1, "");
  h.feed("");
  CHECK(h.requests.size() == 3);
}

TEST_CASE("a stream ahead of other requests holds their answers back") {
  CodecHarness h;
  h.feed(kGet + kGet);
  h.codec.start_stream(h.requests[0].stream, StreamHead());
  h.answer(1, "two");
  h.codec.stream_chunk(h.requests[0].stream, Blob("first"));
  h.codec.end_stream(h.requests[0].stream, {});
  CHECK(h.take_output() ==
        "HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n" + ok("two"));
}

TEST_CASE("a stream behind another request waits for it") {
  CodecHarness h;
  h.feed(kGet + kGet);
  h.codec.start_stream(h.requests[1].stream, StreamHead());
  h.codec.stream_chunk(h.requests[1].stream, Blob("late"));
  CHECK(h.codec.backlog(h.requests[1].stream) > 0);
  CHECK(h.take_output() == "");
  h.answer(0, "one");
  CHECK(h.take_output() ==
        ok("one") + "HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlate\r\n");
  CHECK(h.codec.has_stream());
  CHECK(h.codec.is_open(h.requests[1].stream));
}

TEST_CASE("answers to HEAD have no body") {
  CodecHarness h;
  h.feed("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nHEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  h.answer(0, "twelve bytes");
  CHECK(h.take_output() == "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 12\r\n\r\n");
  h.codec.start_stream(h.requests[1].stream, StreamHead());
  h.codec.stream_chunk(h.requests[1].stream, Blob("x"));
  h.codec.end_stream(h.requests[1].stream, {});
  CHECK(h.take_output() == "HTTP/1.1 200 OK\r\nServer: s\r\n\r\n");
  CHECK(h.codec.in_flight() == 0);
}

TEST_CASE("the connection lives on as version and Connection header say") {
  struct Case {
    const char* name;
    const char* request;
    const char* start;
    const char* connection;
    bool done;
  };
  for (const Case& c : {Case{"1.1", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1", "", false},
                        Case{"1.1, close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n", "HTTP/1.1",
                             "Connection: close\r\n", true},
                        Case{"1.1, close in a list", "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n\r\n",
                             "HTTP/1.1", "Connection: close\r\n", true},
                        Case{"1.0", "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0", "Connection: close\r\n", true},
                        Case{"1.0, keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.0",
                             "Connection: keep-alive\r\n", false}}) {
    CAPTURE(c.name);
    CodecHarness h;
    h.feed(c.request);
    REQUIRE(h.requests.size() == 1);
    CHECK(h.requests[0].request.keep_alive == !c.done);
    h.answer(0, "b");
    CHECK(h.take_output() ==
          std::string(c.start) + " 200 OK\r\nServer: s\r\nContent-Length: 1\r\n" + c.connection + "\r\nb");
    CHECK(h.codec.done() == c.done);
    CHECK(h.codec.wants_input() == !c.done);
  }
}

TEST_CASE("a stream for HTTP/1.0 has no length and ends with the connection") {
  CodecHarness h;
  h.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  h.codec.start_stream(h.requests[0].stream, StreamHead());
  h.codec.stream_chunk(h.requests[0].stream, Blob("x"));
  CHECK(h.take_output() == "HTTP/1.0 200 OK\r\nServer: s\r\nConnection: close\r\n\r\nx");
  CHECK_FALSE(h.codec.done());
  h.codec.end_stream(h.requests[0].stream, {});
  CHECK(h.take_output() == "");
  CHECK(h.codec.done());
}

TEST_CASE("a handler can end the connection with its reply, and nothing is said behind it") {
  CodecHarness h;
  h.feed(kGet + kGet);
  h.answer(1, "two");
  Reply last;
  last.close = true;
  h.codec.reply(h.requests[0].stream, std::move(last));
  CHECK(h.take_output() == ok("", "Connection: close\r\n"));
  CHECK(h.codec.done());
}

TEST_CASE("a status that has no body sends none") {
  CodecHarness h;
  h.feed(kGet);
  h.answer(0, "ignored", 204);
  CHECK(h.take_output() == "HTTP/1.1 204 No Content\r\nServer: s\r\n\r\n");
}

TEST_CASE("100 Continue is sent when a body is awaited, and in its turn") {
  const std::string head = "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  SUBCASE("at once") {
    CodecHarness h;
    h.feed(head);
    CHECK(h.take_output() == go_on);
    h.feed("v");
    REQUIRE(h.requests.size() == 1);
    h.answer(0, "");
    CHECK(h.take_output() == ok(""));
  }
  SUBCASE("not when the body is there") {
    CodecHarness h;
    h.feed(head + "v");
    CHECK(h.take_output() == "");
  }
  SUBCASE("not to a body that is refused") {
    CodecHarness h(Limits(), 0);
    h.feed(head);
    CHECK(h.take_output() == "");
    REQUIRE(h.requests.size() == 1);
    CHECK(h.requests[0].request.body_too_large);
  }
  SUBCASE("after the answers before it") {
    CodecHarness h;
    h.feed(kGet + head);
    CHECK(h.take_output() == "");
    h.answer(0, "one");
    CHECK(h.take_output() == ok("one") + go_on);
  }
  SUBCASE("not to HTTP/1.0") {
    CodecHarness h;
    h.feed("PUT /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    CHECK(h.take_output() == "");
    CHECK(h.codec.phase() == InputPhase::kBody);
  }
}

TEST_CASE("a client that sends no more gets the answers it can still get") {
  SUBCASE("to a whole request") {
    CodecHarness h;
    h.feed(kGet);
    h.codec.end_input();
    CHECK_FALSE(h.codec.done());
    h.answer(0, "late");
    CHECK(h.take_output() == ok("late"));
    CHECK(h.codec.done());
  }
  SUBCASE("to a whole request that waits for its turn") {
    CodecHarness h;
    h.feed(kGet + kPut);
    h.codec.end_input();
    h.answer(0, "one");
    h.feed("");
    REQUIRE(h.requests.size() == 2);
    h.answer(1, "two");
    CHECK(h.codec.done());
  }
  SUBCASE("to half a request there is none") {
    CodecHarness h;
    h.feed("GET / HT");
    h.codec.end_input();
    CHECK(h.codec.done());
    CHECK(h.take_output() == "");
  }
}

TEST_CASE("a request that takes too long is answered with 408") {
  for (const std::string& part : {std::string("GET / HT"), kPut.substr(0, kPut.size() - 1)}) {
    CodecHarness h;
    h.feed(part);
    h.codec.give_up(GiveUp::kTooSlow);
    CHECK(h.take_output() == refusal("408 Request Timeout"));
    CHECK(h.codec.done());
    CHECK(h.counters.head_timeouts.value() + h.counters.body_timeouts.value() == 1);
  }
  CodecHarness h;
  h.codec.give_up(GiveUp::kTooSlow);
  CHECK(h.take_output() == "");
}

TEST_CASE("shutting down answers what is in flight and says that this was all") {
  CodecHarness h;
  h.feed(kGet + "GET /half");
  h.codec.shut_down();
  CHECK_FALSE(h.codec.wants_input());
  h.answer(0, "last");
  CHECK(h.take_output() == ok("last", "Connection: close\r\n"));
  CHECK(h.codec.done());
  CodecHarness idle;
  idle.codec.shut_down();
  CHECK(idle.codec.done());
}

TEST_CASE("answers to streams that are not open change nothing") {
  CodecHarness h;
  h.feed(kGet);
  h.codec.reply(77, Reply());
  h.codec.stream_chunk(h.requests[0].stream, Blob("not started"));
  h.codec.end_stream(h.requests[0].stream, {});
  CHECK(h.take_output() == "");
  h.answer(0, "one");
  h.answer(0, "again");
  h.codec.start_stream(h.requests[0].stream, StreamHead());
  CHECK(h.take_output() == ok("one"));
}

TEST_CASE("large bodies are passed on without a copy, whole") {
  const std::string large(100'000, 'x');
  CodecHarness h;
  h.feed(kGet + kGet);
  h.answer(0, large);
  h.codec.start_stream(h.requests[1].stream, StreamHead());
  h.codec.stream_chunk(h.requests[1].stream, Blob(large));
  h.codec.end_stream(h.requests[1].stream, {});
  CHECK(h.take_output() == ok(large) + "HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" +
                               large + "\r\n0\r\n\r\n");
}

TEST_CASE("a streamed body is handed on piece by piece, however it is framed and cut") {
  const std::string with_length = "POST /stream/ HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789";
  const std::string chunked =
      "POST /stream/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n7\r\n3456789\r\n0\r\n\r\n";
  for (const std::string& request : {with_length, chunked}) {
    for (size_t piece = 1; piece <= request.size(); ++piece) {
      CAPTURE(piece);
      CodecHarness h;
      h.on_request = [&](StreamId stream) { h.codec.observe_body(stream, true); };
      h.feed_in_pieces(request + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n", piece);
      REQUIRE(h.requests.size() == 1);
      CHECK(h.requests[0].request.body == "");
      CHECK(h.bodies[h.requests[0].stream] == "0123456789|");
      h.answer(0, "x");
      h.feed("");
      REQUIRE(h.requests.size() == 2);
      CHECK(h.requests[1].request.target() == "/next");
    }
  }
}

TEST_CASE("a streamed body is not limited, and its request is handed out before any of it") {
  CodecHarness h(Limits(), 5);
  h.on_request = [&](StreamId stream) { h.codec.observe_body(stream, true); };
  h.feed("POST /stream/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  REQUIRE(h.requests.size() == 1);
  CHECK_FALSE(h.requests[0].request.body_too_large);
  CHECK(h.codec.phase() == InputPhase::kNone);  // no deadline: it may take as long as it likes
  CHECK(h.codec.has_stream());
  for (int i = 0; i < 100; ++i) h.feed(std::string(10'000, 'x'));
  CHECK(h.bodies[1] == std::string(1'000'000, 'x') + "|");
  CHECK_FALSE(h.codec.has_stream());
}

TEST_CASE("a streamed body waits for its observer, and while it is paused, and then so does the client") {
  CodecHarness h;
  const size_t room = h.limits.read_ahead_bytes;
  h.feed("POST /stream/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc");
  CHECK(h.codec.wants_input());
  h.feed(std::string(room - 4, 'x'));
  CHECK(h.codec.wants_input());
  h.feed("y");
  CHECK_FALSE(h.codec.wants_input());
  CHECK(h.codec.held_bytes() == room);
  CHECK(h.bodies.empty());
  h.codec.observe_body(1, true);
  h.feed("");
  CHECK(h.bodies[1] == "abc" + std::string(room - 4, 'x') + "y");
  CHECK(h.codec.wants_input());
  h.codec.pause_body(1, true);
  CHECK_FALSE(h.codec.wants_input());
  h.feed("z");
  CHECK(h.bodies[1].size() == room);
  h.codec.pause_body(1, false);
  h.feed("");
  CHECK(h.bodies[1].ends_with("yz"));
}

TEST_CASE("a request answered before its streamed body was read ends the connection") {
  for (const bool as_stream : {false, true}) {
    CAPTURE(as_stream);
    CodecHarness h;
    h.feed("POST /stream/ HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n012");
    if (as_stream) {
      h.codec.start_stream(1, StreamHead());
      h.codec.end_stream(1, {});
    } else {
      h.answer(0, "x");
      CHECK(h.take_output().find("Connection: close\r\n") != std::string::npos);
    }
    CHECK(h.codec.done());
    h.feed("3456789GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(h.requests.size() == 1);
  }
}

TEST_CASE("a streamed body that breaks off or is malformed ends the connection without an answer") {
  CodecHarness h;
  h.feed("POST /stream/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n");
  h.feed("NONSENSE\r\n");
  CHECK(h.requests.size() == 1);
  CHECK(h.codec.done());
  CHECK(h.take_output() == "");
  CHECK(h.counters.bad_requests.value() == 1);
}

TEST_CASE("the client of a streamed body is told to go on, if it asks") {
  CodecHarness h;
  h.feed("POST /stream/ HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(h.requests.size() == 1);
  CHECK(h.take_output() == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("a request whose Connection is close still gets the rest of its streamed body") {
  CodecHarness h;
  h.feed("POST /stream/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\n0");
  h.codec.observe_body(1, true);
  CHECK_FALSE(h.codec.closing());
  h.feed("12");
  CHECK(h.bodies[1] == "012|");
  CHECK(h.codec.closing());
}

TEST_CASE("resetting a stream ends the connection with what was said so far") {
  CodecHarness h;
  h.feed("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  h.codec.start_stream(1, StreamHead());
  h.codec.stream_chunk(1, Blob("abc"));
  h.codec.reset(1, 2);
  CHECK(h.take_output().ends_with("3\r\nabc\r\n"));
  CHECK(h.codec.done());
  CHECK_FALSE(h.codec.is_open(1));
}

TEST_CASE("trailers follow the last chunk, and make chunks of a whole body; HTTP/1.0 has none") {
  struct Case {
    const char* version;
    bool stream;
    const char* end;
  };
  for (const Case& c :
       {Case{"1.1", true, "\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\n\r\n"},
        Case{"1.1", false, "\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\n\r\n"}, Case{"1.0", true, "\r\n\r\nabc"},
        Case{"1.0", false, "Content-Length: 3\r\nConnection: close\r\n\r\nabc"}}) {
    CAPTURE(c.version);
    CAPTURE(c.stream);
    CodecHarness h;
    h.feed(std::string("GET /a HTTP/") + c.version + "\r\nHost: h\r\n\r\n");
    ReplyHeaders trailers;
    trailers.add("Grpc-Status", "0");
    if (c.stream) {
      h.codec.start_stream(1, StreamHead());
      h.codec.stream_chunk(1, Blob("abc"));
      h.codec.end_stream(1, std::move(trailers));
    } else {
      Reply reply;
      reply.body = "abc";
      reply.trailers = std::move(trailers);
      h.codec.reply(1, std::move(reply));
    }
    CHECK(h.take_output().ends_with(c.end));
  }
}

TEST_CASE("an upgraded connection carries raw bytes both ways until its stream ends") {
  CodecHarness h;
  h.on_request = [&](StreamId stream) {
    ReplyHeaders headers;
    headers.add("Upgrade", "websocket");
    headers.add("Connection", "Upgrade");
    h.codec.observe_body(stream, true);
    h.codec.upgrade(stream, std::move(headers));
  };
  h.feed("GET /stream/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET / raw\r\n\r\n");
  CHECK(h.take_output() ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nServer: s\r\n\r\n");
  CHECK(h.requests.size() == 1);
  CHECK(h.bodies[1] == "GET / raw\r\n\r\n");
  CHECK(h.codec.has_stream());
  h.feed(std::string("\0\1\2", 3));
  CHECK(h.bodies[1] == std::string("GET / raw\r\n\r\n\0\1\2", 16));
  h.codec.stream_chunk(1, Blob("raw too"));
  CHECK(h.take_output() == "raw too");
  CHECK_FALSE(h.codec.closing());
  h.codec.end_stream(1, {});
  CHECK(h.take_output() == "");
  CHECK(h.codec.done());
}

TEST_CASE("only a request with a streamed body can be upgraded, and only before its answer") {
  CodecHarness h;
  h.feed("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  h.codec.upgrade(1, {});
  CHECK(h.take_output() == "");
  h.answer(0, "x");
  h.feed("GET /stream/ HTTP/1.1\r\nHost: h\r\n\r\n");
  h.codec.start_stream(2, StreamHead());
  h.take_output();
  h.codec.upgrade(2, {});
  CHECK(h.take_output() == "");
}
