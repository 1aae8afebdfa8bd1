#include "net/http2_codec.h"

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <string>

#include "test/net/http2_harness.h"

using namespace viaduct;
using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

std::string message(std::string_view payload) {
  return '\0' + be32(static_cast<uint32_t>(payload.size())).append(payload);
}

ReplyHeaders fields(std::string_view name, std::string_view value) {
  ReplyHeaders headers;
  headers.add(name, value);
  return headers;
}

}  // namespace

TEST_CASE("a request comes with its fields, and its answer goes back") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("PUT", "/a%20b?q=1", "body", false, {{"x-one", "1"}, {"x-two", ""}});
  p.exchange();
  REQUIRE(p.server.requests.size() == 1);
  const Request& request = p.server.requests[0].request;
  CHECK(request.method() == Method::kPut);
  CHECK(request.target() == "/a%20b?q=1");
  CHECK(request.raw_path() == "/a%20b");
  CHECK(request.raw_query() == "q=1");
  CHECK(request.version == 20);
  CHECK(request.body == "body");
  CHECK(request.find_header("host") == "h");
  CHECK(request.find_header("X-One") == "1");
  CHECK(request.has_header("x-two"));
  CHECK(request.header_count() == 3);
  CHECK(p.server.codec.is_open(stream));
  Reply reply;
  reply.status = 201;
  reply.headers = fields("X-Etcd-Index", "7");
  reply.body = "answer";
  p.server.codec.reply(stream, std::move(reply));
  CHECK_FALSE(p.server.codec.is_open(stream));
  const Http2Client::Answer& answer = p.answer(stream);
  CHECK(answer.head == std::map<std::string, std::string>{
                           {":status", "201"}, {"x-etcd-index", "7"}, {"server", "s"}, {"content-length", "6"}});
  CHECK(answer.body == "answer");
  CHECK(answer.trailers.empty());
  CHECK(answer.ended);
  CHECK_FALSE(answer.reset);
  CHECK(p.server.codec.in_flight() == 0);
  CHECK(p.server.counters.requests.value() == 1);
}

TEST_CASE("the bytes of a connection mean the same however they are cut") {
  Http2Client client;
  std::string bytes;
  for (int i = 0; i < 3; ++i) client.ask("PUT", "/" + std::to_string(i), std::string(100, 'b'));
  bytes = client.output();
  for (size_t piece = 1; piece <= bytes.size(); piece += 1 + piece / 8) {
    CAPTURE(piece);
    HarnessOf<Http2Codec> h;
    h.feed_in_pieces(bytes, piece);
    REQUIRE(h.requests.size() == 3);
    for (int i = 0; i < 3; ++i) CHECK(h.requests[static_cast<size_t>(i)].request.target() == "/" + std::to_string(i));
  }
}

TEST_CASE("the authority goes before the host, and each does alone") {
  const std::vector<std::pair<std::string, std::string>> line = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}};
  for (const auto& [authority, host, expected] :
       {std::tuple("a", "", "a"), std::tuple("", "b", "b"), std::tuple("a", "b", "a")}) {
    auto all = line;
    if (*authority) all.emplace_back(":authority", authority);
    if (*host) all.emplace_back("host", host);
    HarnessOf<Http2Codec> h;
    h.feed(kGreeting + frame(FrameType::kHeaders, kEndStream | kEndHeaders, 1, header_block(all)));
    REQUIRE(h.requests.size() == 1);
    CHECK(h.requests[0].request.find_header("host") == expected);
    CHECK(h.requests[0].request.header_count() == 1);
  }
}

TEST_CASE("an answer without a body is one HEADERS, and a HEAD gets the length of what GET would have") {
  Http2Pair p;
  const uint32_t empty = p.client.ask("GET", "/");
  const uint32_t head = p.client.ask("HEAD", "/");
  const uint32_t none = p.client.ask("DELETE", "/");
  p.exchange();
  p.server.answer(0, "");
  p.server.answer(1, "four");
  p.server.answer(2, "not sent", 204);
  CHECK(p.answer(empty).head["content-length"] == "0");
  CHECK(p.answer(head).head["content-length"] == "4");
  CHECK_FALSE(p.answer(none).head.contains("content-length"));
  for (const uint32_t stream : {empty, head, none}) {
    CHECK(p.answer(stream).ended);
    CHECK(p.answer(stream).data_frames == 0);
    CHECK(p.answer(stream).body == "");
  }
}

TEST_CASE("a bare answer has only the fields given, and ends with its trailers") {
  Http2Pair p;
  const uint32_t data = p.client.ask("POST", "/message/", message("x"));
  const uint32_t nothing = p.client.ask("POST", "/message/", message("y"));
  const uint32_t only = p.client.ask("POST", "/message/", message("z"));
  p.exchange();
  for (const uint32_t stream : {data, nothing, only}) {
    Reply reply;
    reply.bare = true;
    reply.headers = fields("content-type", "application/grpc");
    if (stream == data) reply.body = message("answer");
    if (stream == only) {
      reply.headers.add("grpc-status", "5");
    } else {
      reply.trailers = fields("Grpc-Status", "0");
    }
    p.server.codec.reply(stream, std::move(reply));
  }
  CHECK(p.answer(data).head.size() == 2);
  CHECK(p.answer(data).body == message("answer"));
  CHECK(p.answer(data).data_frames == 1);
  CHECK(p.answer(data).trailers == std::map<std::string, std::string>{{"grpc-status", "0"}});
  CHECK(p.answer(data).ended);
  CHECK(p.answer(nothing).data_frames == 0);
  CHECK(p.answer(nothing).trailers.size() == 1);
  CHECK(p.answer(nothing).ended);
  CHECK(p.answer(only).head.size() == 3);
  CHECK(p.answer(only).trailers.empty());
  CHECK(p.answer(only).ended);
}

TEST_CASE("what HTTP/1 says of its connections never goes out") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("GET", "/");
  p.exchange();
  Reply reply;
  for (const char* name : {"Connection", "keep-alive", "Transfer-Encoding", "UPGRADE", "Proxy-Connection"}) {
    reply.headers.add(name, "x");
  }
  reply.headers.add("Connections", "kept");
  p.server.codec.reply(stream, std::move(reply));
  CHECK(p.answer(stream).head ==
        std::map<std::string, std::string>{
            {":status", "200"}, {"connections", "kept"}, {"server", "s"}, {"content-length", "0"}});
}

TEST_CASE("a stream goes out as it is said, and ends with trailers") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("POST", "/");
  p.exchange();
  Http2Codec& codec = p.server.codec;
  codec.start_stream(stream, {200, fields("content-type", "application/grpc"), true});
  CHECK(codec.has_stream());
  CHECK(p.answer(stream).head.size() == 2);
  for (const char* chunk : {"one", "", "two"}) {
    codec.stream_chunk(stream, Blob(chunk));
    p.exchange();
  }
  CHECK(p.answer(stream).body == "onetwo");
  CHECK(p.answer(stream).data_frames == 2);
  CHECK_FALSE(p.answer(stream).ended);
  codec.end_stream(stream, fields("grpc-status", "0"));
  CHECK(p.answer(stream).trailers["grpc-status"] == "0");
  CHECK(p.answer(stream).data_frames == 2);
  CHECK(p.answer(stream).ended);
  CHECK_FALSE(codec.has_stream());
  CHECK(codec.in_flight() == 0);
}

TEST_CASE("answers overtake each other") {
  Http2Pair p;
  const uint32_t first = p.client.ask("GET", "/1");
  const uint32_t second = p.client.ask("PUT", "/2", "x");
  p.exchange();
  REQUIRE(p.server.requests.size() == 2);
  p.server.answer(1, "second");
  CHECK(p.answer(second).body == "second");
  CHECK_FALSE(p.answer(first).ended);
  p.server.answer(0, "first");
  CHECK(p.answer(first).body == "first");
}

TEST_CASE("a client that has not ended its request is told that it need not") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("POST", "/message/", message("x"), true);
  p.exchange();
  REQUIRE(p.server.requests.size() == 1);
  CHECK(p.server.requests[0].request.body == message("x"));
  p.server.answer(0, "answer");
  CHECK(p.answer(stream).body == "answer");
  CHECK(p.answer(stream).ended);
  CHECK(p.answer(stream).reset == NGHTTP2_NO_ERROR);
  CHECK(p.server.codec.in_flight() == 0);
}

TEST_CASE("a request with one message is handed out when that is complete, or when no more comes") {
  struct Case {
    const char* name;
    std::string sent;
    bool more;
    bool handed_out;
    std::string body;
    bool too_large;
  };
  const std::string ten = message("0123456789");
  for (const Case& c :
       {Case{"nothing", "", true, false, "", false}, Case{"nothing, ended", "", false, true, "", false},
        Case{"part of the prefix", ten.substr(0, 4), true, false, "", false},
        Case{"part of the prefix, ended", ten.substr(0, 4), false, true, ten.substr(0, 4), false},
        Case{"part of the message", ten.substr(0, 14), true, false, "", false},
        Case{"part of the message, ended", ten.substr(0, 14), false, true, ten.substr(0, 14), false},
        Case{"all", ten, true, true, ten, false}, Case{"an empty one", message(""), true, true, message(""), false},
        Case{"more than one", ten + "more", true, true, ten, false},
        Case{"one byte beyond the limit", message(std::string(11, 'x')).substr(0, 5), true, true,
             message(std::string(11, 'x')).substr(0, 5), true}}) {
    for (const size_t piece : {size_t{1}, c.sent.size() + 1}) {
      CAPTURE(c.name);
      CAPTURE(piece);
      Http2Pair p(Limits(), {}, 10);
      const uint32_t stream = p.client.ask("POST", "/message/", "", true);
      p.exchange();
      for (size_t at = 0; at < c.sent.size(); at += piece) {
        p.client.send(stream, std::string_view(c.sent).substr(at, piece), true);
        p.exchange();
      }
      if (!c.more) p.client.send(stream, "", false);
      p.exchange();
      REQUIRE(p.server.requests.size() == (c.handed_out ? 1 : 0));
      if (!c.handed_out) continue;
      CHECK(p.server.requests[0].request.body == c.body);
      CHECK(p.server.requests[0].request.body_too_large == c.too_large);
      CHECK(p.server.codec.held_bytes() == 0);
    }
  }
}

TEST_CASE("a whole body is handed out at its end, or as soon as it is too large") {
  for (const size_t size : {9, 10, 11}) {
    CAPTURE(size);
    Http2Pair p(Limits(), {}, 10);
    const uint32_t stream = p.client.ask("PUT", "/", std::string(size, 'x'), true);
    p.exchange();
    CHECK(p.server.requests.size() == (size > 10 ? 1 : 0));
    p.client.send(stream, "", false);
    p.exchange();
    REQUIRE(p.server.requests.size() == 1);
    CHECK(p.server.requests[0].request.body_too_large == (size > 10));
    CHECK(p.server.counters.bodies_too_large.value() == (size > 10 ? 1 : 0));
  }
}

TEST_CASE("large bodies go both ways, beyond every window") {
  Http2Pair p(Limits(), {}, 32 << 20);
  const std::string body(10 << 20, 'b');
  const uint32_t stream = p.client.ask("PUT", "/", body);
  p.exchange();
  REQUIRE(p.server.requests.size() == 1);
  CHECK(p.server.requests[0].request.body == body);
  p.server.answer(0, body + "!");
  CHECK(p.answer(stream).body == body + "!");
  CHECK(p.answer(stream).ended);
  CHECK(p.server.codec.held_bytes() == 0);
}

TEST_CASE("a streamed body comes piece by piece to whoever observes it") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("POST", "/stream/", "abc", true);
  p.exchange();
  REQUIRE(p.server.requests.size() == 1);
  CHECK(p.server.requests[0].request.body == "");
  CHECK(p.server.bodies.empty());
  CHECK(p.server.codec.held_bytes() == 3);
  p.server.codec.observe_body(stream, true);
  p.server.feed("");
  CHECK(p.server.bodies[stream] == "abc");
  p.client.send(stream, "def", true);
  p.exchange();
  CHECK(p.server.bodies[stream] == "abcdef");
  p.client.send(stream, "", false);
  p.exchange();
  CHECK(p.server.bodies[stream] == "abcdef|");
  CHECK(p.server.codec.held_bytes() == 0);
  CHECK(p.server.codec.is_open(stream));
}

TEST_CASE("a paused body holds its client back after one window, and no other stream of the connection") {
  Http2Pair p;
  const uint32_t paused = p.client.ask("POST", "/stream/paused", std::string(8 << 20, 'p'), true);
  const uint32_t other = p.client.ask("POST", "/stream/other", std::string(8 << 20, 'o'));
  p.server.on_request = [&](StreamId stream) {
    p.server.codec.observe_body(stream, true);
    p.server.codec.pause_body(stream, stream == paused);
  };
  p.exchange();
  CHECK(p.server.bodies[other].size() == (8 << 20) + 1);
  CHECK(p.server.bodies[paused] == "");
  CHECK(p.server.codec.held_bytes() == 1 << 20);
  p.server.codec.pause_body(paused, false);
  p.server.feed("");
  p.exchange();
  CHECK(p.server.bodies[paused].size() == 8 << 20);
}

TEST_CASE("a stream that its client does not read keeps what it has, and the others go on") {
  Http2ClientOptions options;
  options.takes_bodies = false;
  options.stream_window = 1000;
  Http2Pair p(Limits(), options);
  const uint32_t slow = p.client.ask("GET", "/slow");
  const uint32_t other = p.client.ask("GET", "/other");
  p.exchange();
  Http2Codec& codec = p.server.codec;
  for (const uint32_t stream : {slow, other}) codec.start_stream(stream, StreamHead());
  codec.stream_chunk(slow, Blob(std::string(2500, 's')));
  CHECK(codec.backlog(slow) == 2500);
  CHECK(codec.backlog(other) == 0);
  CHECK(p.answer(slow).body.size() == 1000);
  CHECK(codec.backlog(slow) == 1500);
  codec.stream_chunk(other, Blob("fast"));
  CHECK(codec.backlog(other) == 4);
  CHECK(p.answer(other).body == "fast");
  CHECK(codec.backlog(other) == 0);
  p.client.take(slow, 1000);
  CHECK(p.answer(slow).body.size() == 2000);
  p.client.take(slow, 1000);
  CHECK(p.answer(slow).body.size() == 2500);
  CHECK(codec.backlog(slow) == 0);
}

TEST_CASE("what is framed and not yet written still counts for its stream, and for no other") {
  Http2Pair p;
  const uint32_t one = p.client.ask("GET", "/1");
  const uint32_t two = p.client.ask("GET", "/2");
  p.exchange();
  Http2Codec& codec = p.server.codec;
  for (const uint32_t stream : {one, two}) codec.start_stream(stream, StreamHead());
  p.exchange();
  codec.stream_chunk(one, Blob(std::string(100, 'x')));
  codec.stream_chunk(two, Blob(std::string(10, 'x')));
  REQUIRE(codec.prepare_output());
  CHECK(codec.backlog(one) == 100);
  CHECK(codec.backlog(two) == 10);
  p.server.take_output();
  CHECK(codec.backlog(one) == 0);
  CHECK(codec.backlog(two) == 0);
}

TEST_CASE("no more is framed than a writer soon gets rid of") {
  Http2ClientOptions options;
  options.stream_window = options.connection_window = 64 << 20;
  Http2Pair p(Limits(), options);
  const uint32_t stream = p.client.ask("GET", "/");
  p.exchange();
  p.server.answer(0, std::string(4 << 20, 'x'));
  p.server.codec.prepare_output();
  CHECK(p.server.codec.output_bytes() < 160 << 10);
  CHECK_FALSE(p.server.codec.wants_input());
  CHECK(p.answer(stream).body.size() == 4 << 20);
  CHECK(p.server.codec.wants_input());
}

TEST_CASE("a stream that its client resets is gone, and counts until its handler knows") {
  Http2Pair p;
  const uint32_t answered = p.client.ask("GET", "/");
  const uint32_t told = p.client.ask("GET", "/");
  p.exchange();
  p.client.reset(answered, NGHTTP2_CANCEL);
  p.client.reset(told, NGHTTP2_CANCEL);
  p.exchange();
  CHECK(p.server.gone == std::vector<StreamId>{answered, told});
  CHECK_FALSE(p.server.codec.is_open(answered));
  CHECK(p.server.codec.in_flight() == 2);
  p.server.answer(0, "too late");
  CHECK(p.server.codec.in_flight() == 1);
  p.server.codec.forget(told);
  CHECK(p.server.codec.in_flight() == 0);
  p.server.answer(1, "too late");
  CHECK(p.answer(answered).body == "");
}

TEST_CASE("a request that is reset in the same bytes is never handed out") {
  HarnessOf<Http2Codec> h;
  h.feed(kGreeting + frame(FrameType::kHeaders, kEndStream | kEndHeaders, 1, get_block()) +
         frame(FrameType::kReset, 0, 1, be32(NGHTTP2_CANCEL)));
  CHECK(h.requests.empty());
  CHECK(h.gone.empty());
  CHECK(h.codec.in_flight() == 0);
}

TEST_CASE("a handler's reset carries its code, before and after the head") {
  Http2Pair p;
  const uint32_t before = p.client.ask("GET", "/");
  const uint32_t after = p.client.ask("GET", "/");
  p.exchange();
  p.server.codec.start_stream(after, StreamHead());
  p.server.codec.stream_chunk(after, Blob("x"));
  p.exchange();
  for (const uint32_t stream : {before, after}) p.server.codec.reset(stream, NGHTTP2_PROTOCOL_ERROR);
  for (const uint32_t stream : {before, after}) {
    CHECK(p.answer(stream).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK_FALSE(p.answer(stream).ended);
  }
  CHECK(p.server.gone.empty());
  CHECK(p.server.codec.in_flight() == 0);
  CHECK_FALSE(p.server.codec.has_stream());
}

TEST_CASE("a stream whose client leaves too much unread is cut off alone") {
  Http2ClientOptions options;
  options.takes_bodies = false;
  options.stream_window = 1000;
  Http2Pair p(Limits(), options);
  const uint32_t slow = p.client.ask("GET", "/");
  const uint32_t other = p.client.ask("GET", "/");
  p.exchange();
  p.server.codec.start_stream(slow, StreamHead());
  p.server.codec.stream_chunk(slow, Blob(std::string(1 << 20, 'x')));
  p.exchange();
  CHECK(p.server.codec.cut_off(slow));
  p.exchange();
  CHECK(p.server.gone == std::vector<StreamId>{slow});
  CHECK(p.answer(slow).reset == NGHTTP2_ENHANCE_YOUR_CALM);
  CHECK(p.server.codec.held_bytes() == 0);
  p.server.answer(1, "x");
  CHECK(p.answer(other).body == "x");
}

TEST_CASE("shutting down names the last stream, finishes what is in flight and takes no more") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("GET", "/");
  p.exchange();
  p.server.codec.shut_down();
  p.exchange();
  CHECK(p.client.goaway() == NGHTTP2_NO_ERROR);
  CHECK(p.client.goaway_last_stream() == stream);
  CHECK_FALSE(p.server.codec.done());
  p.server.feed(frame(FrameType::kHeaders, kEndStream | kEndHeaders, stream + 2, get_block()));
  CHECK(p.server.requests.size() == 1);
  p.server.answer(0, "last");
  CHECK(p.answer(stream).body == "last");
  CHECK(p.server.codec.done());
}

TEST_CASE("malformed requests are reset, and the connection goes on") {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const Fields good = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  const auto with = [&](std::string name, std::string value) {
    Fields all = good;
    all.emplace_back(std::move(name), std::move(value));
    return all;
  };
  for (const Fields& block :
       {Fields{{":method", "GET"}}, with(":path", "/"), with("Upper", "x"), with("connection", "x"), with("te", "gzip"),
        with("content-length", "x"), with("content-length", "1")}) {
    CAPTURE(block.back().first);
    HarnessOf<Http2Codec> h;
    h.feed(kGreeting);
    h.take_output();
    h.feed(frame(FrameType::kHeaders, kEndStream | kEndHeaders, 1, header_block(block)));
    CHECK(h.requests.empty());
    CHECK(h.take_output() == frame(FrameType::kReset, 0, 1, be32(NGHTTP2_PROTOCOL_ERROR)));
    CHECK(h.counters.bad_requests.value() == 1);
    h.feed(frame(FrameType::kHeaders, kEndStream | kEndHeaders, 3, header_block(good)));
    CHECK(h.requests.size() == 1);
    CHECK(h.codec.in_flight() == 1);
  }
}

TEST_CASE("an authority may have a scheme, as etcdctl sends it") {
  HarnessOf<Http2Codec> h;
  h.feed(kGreeting + frame(FrameType::kHeaders, kEndStream | kEndHeaders, 1,
                           header_block({{":method", "POST"},
                                         {":scheme", "http"},
                                         {":path", "/etcdserverpb.Maintenance/Status"},
                                         {":authority", "http://127.0.0.1:2379"}})));
  REQUIRE(h.requests.size() == 1);
  CHECK(h.requests[0].request.find_header("host") == "http://127.0.0.1:2379");
}

TEST_CASE("a body is as long as its request says, or its stream is reset") {
  struct Case {
    std::string body;
    bool ends;
    bool right;
  };
  for (const std::string path : {"/", "/stream/"}) {
    for (const Case& c :
         {Case{"", true, false}, Case{"ab", true, false}, Case{"ab", false, true}, Case{"abc", true, true},
          Case{"abc", false, true}, Case{"abcd", false, false}, Case{"abcd", true, false}}) {
      CAPTURE(path);
      CAPTURE(c.body);
      CAPTURE(c.ends);
      HarnessOf<Http2Codec> h;
      h.feed(kGreeting + frame(FrameType::kHeaders, kEndHeaders, 1,
                               header_block({{":method", "PUT"},
                                             {":scheme", "http"},
                                             {":path", path},
                                             {":authority", "h"},
                                             {"content-length", "3"}})));
      h.take_output();
      h.feed(frame(FrameType::kData, c.ends ? kEndStream : 0, 1, c.body));
      const std::string reset = frame(FrameType::kReset, 0, 1, be32(NGHTTP2_PROTOCOL_ERROR));
      CHECK(h.take_output() == (c.right ? "" : reset));
      h.feed("");
      CHECK(h.codec.is_open(1) == (c.right && (c.ends || path != "/")));
      CHECK(h.gone.size() == (c.right || h.requests.empty() ? 0 : 1));
    }
  }
}

TEST_CASE("trailers end a request, and are like other fields") {
  struct Case {
    std::string block;
    bool ends;
    bool taken;
  };
  for (const Case& c :
       {Case{header_block({{"grpc-x", "1"}}), true, true}, Case{header_block({{"grpc-x", "1"}}), false, false},
        Case{header_block({{":path", "/"}}), true, false}, Case{header_block({{"Upper", "1"}}), true, false}}) {
    HarnessOf<Http2Codec> h;
    h.feed(kGreeting + frame(FrameType::kHeaders, kEndHeaders, 1, get_block()) + frame(FrameType::kData, 0, 1, "body"));
    h.take_output();
    h.feed(frame(FrameType::kHeaders, kEndHeaders | (c.ends ? kEndStream : 0), 1, c.block));
    CHECK(h.requests.size() == (c.taken ? 1 : 0));
    const std::string reset = frame(FrameType::kReset, 0, 1, be32(NGHTTP2_PROTOCOL_ERROR));
    CHECK(h.take_output() == (c.taken ? "" : reset));
    CHECK(h.codec.in_flight() == (c.taken ? 1 : 0));
  }
}

TEST_CASE("what breaks the protocol ends the connection, and its handlers are told") {
  HarnessOf<Http2Codec> h;
  h.feed(kGreeting + frame(FrameType::kHeaders, kEndStream | kEndHeaders, 1, get_block()));
  REQUIRE(h.requests.size() == 1);
  h.take_output();
  h.feed(frame(FrameType::kHeaders, kEndStream | kEndHeaders, 2, get_block()));  // an even stream
  const std::string out = h.take_output();
  CHECK(out.substr(3, 1) == "\7");
  CHECK(h.codec.done());
  CHECK(h.codec.closing());
}

TEST_CASE("a client whose first bytes are fatal still hears SETTINGS first") {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), kGreeting.substr(0, 24) + frame(FrameType::kPing, 0, 0, "12345678")}) {
    CAPTURE(bytes);
    HarnessOf<Http2Codec> h;
    h.feed(bytes);
    const std::string said = h.take_output();
    CHECK(h.codec.done());
    CHECK(said.substr(3, 6) == std::string("\4\0\0\0\0\0", 6));
  }
}

TEST_CASE("a path that is no target is answered with 400, and * is for OPTIONS") {
  for (const auto& [method, path, status] :
       {std::tuple("GET", "/%", "400"), std::tuple("GET", "/%zz", "400"), std::tuple("GET", "a", "400"),
        std::tuple("GET", "http://h/", "400"), std::tuple("GET", "*", "400"), std::tuple("OPTIONS", "*", "")}) {
    CAPTURE(path);
    Http2Pair p;
    const uint32_t stream = p.client.ask(method, path);
    CHECK(p.answer(stream).head[":status"] == status);
    CHECK(p.server.requests.size() == (*status ? 0 : 1));
    CHECK(p.server.counters.bad_requests.value() == (*status ? 1 : 0));
  }
}

TEST_CASE("a client that closes its side has no use for answers") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("GET", "/");
  p.exchange();
  p.server.codec.end_input();
  CHECK(p.server.codec.done());
  CHECK_FALSE(p.server.codec.is_open(stream));
  p.server.feed("");
  CHECK(p.server.codec.next_gone() == std::nullopt);
  CHECK(p.server.gone == std::vector<StreamId>{stream});
}
