// Each limit of HTTP/2 at one less, exactly, and one more (reliability.md 7).
#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <string>

#include "test/net/http2_harness.h"

using namespace viaduct;
using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

using Harness = HarnessOf<Http2Codec>;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr int kSteps[] = {-1, 0, 1};

size_t at(size_t limit, int step) { return limit + static_cast<size_t>(step); }

constexpr uint8_t kWhole = kEndStream | kEndHeaders;

std::string get(uint32_t stream) { return frame(FrameType::kHeaders, kWhole, stream, get_block()); }
std::string cancel(uint32_t stream) { return frame(FrameType::kReset, 0, stream, be32(NGHTTP2_CANCEL)); }

std::string goaway(uint32_t last_stream, uint32_t code, const std::string& text) {
  return frame(FrameType::kGoaway, 0, 0, be32(last_stream) + be32(code) + text);
}

// The connection goes on, or ends with a GOAWAY that says why; counted by `counter`.
void check_allowed(Harness& h, bool allowed, const std::string& text, Counter Counters::*counter) {
  CHECK((h.counters.*counter).value() == (allowed ? 0 : 1));
  CHECK(h.codec.done() == !allowed);
  const std::string out = h.take_output();
  if (!allowed) CHECK(out.substr(out.size() - 4 - text.size()) == be32(NGHTTP2_ENHANCE_YOUR_CALM) + text);
  if (allowed) CHECK(out.find(text) == std::string::npos);
}

// A header block as HEADERS and as many CONTINUATION frames as it takes.
std::string in_frames(std::string_view block, size_t each = 16384) {
  std::string frames = frame(FrameType::kHeaders, block.size() <= each ? kWhole : kEndStream, 1, block.substr(0, each));
  for (size_t i = each; i < block.size(); i += each) {
    frames += frame(FrameType::kContinuation, i + each >= block.size() ? kEndHeaders : 0, 1, block.substr(i, each));
  }
  return frames;
}

Fields line(const std::string& path = "/") {
  return {{":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "h"}};
}

// The status that the request is refused with; empty when it is taken.
std::string status_for(const Limits& limits, const Fields& fields, Counter Counters::*counter) {
  Http2Pair p(limits);
  const uint32_t first = p.client.ask("GET", "/");  // which greets as well
  p.exchange();
  p.server.answer(0, "");
  p.exchange();
  std::string frames = in_frames(header_block(fields));
  for (size_t i = 0; i < frames.size();) {  // of stream 3
    const size_t size = static_cast<uint8_t>(frames[i + 1]) << 8 | static_cast<uint8_t>(frames[i + 2]);
    frames[i + 8] = static_cast<char>(first + 2);
    i += 9 + size;
  }
  p.server.feed(frames);
  const bool taken = p.server.requests.size() == 2;
  CHECK((p.server.counters.*counter).value() == (taken ? 0 : 1));
  CHECK_FALSE(p.server.codec.done());
  p.client.ask("GET", "/");  // so that the client knows stream 3
  p.client.output();
  return taken ? "" : p.answer(first + 2).head[":status"];
}

}  // namespace

TEST_CASE("4,096 streams at once are the most, until handlers have done with them") {
  for (const bool reset_by_client : {false, true}) {
    CAPTURE(reset_by_client);
    Limits limits;
    limits.http2_reset_burst = 10'000;
    Harness h(limits);
    h.feed(kGreeting);
    h.take_output();
    uint32_t stream = 1;
    for (; h.requests.size() < limits.http2_streams; stream += 2) {
      h.feed(get(stream));
      if (reset_by_client) h.feed(cancel(stream));
      h.take_output();
    }
    CHECK(h.counters.http2_streams.value() == 0);
    h.feed(get(stream));
    CHECK(h.take_output() == frame(FrameType::kReset, 0, stream, be32(NGHTTP2_REFUSED_STREAM)));
    CHECK(h.requests.size() == limits.http2_streams);
    CHECK(h.counters.http2_streams.value() == 1);
    h.answer(7, "x");
    h.take_output();
    h.feed(get(stream + 2));
    CHECK(h.requests.size() == limits.http2_streams + 1);
    CHECK_FALSE(h.codec.done());
  }
}

TEST_CASE("the limits that a client can know are told") {
  Http2Pair p;
  p.exchange();
  CHECK(p.client.settings().at(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) == 4096);
  CHECK(p.client.settings().at(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE) == 64 << 10);
  CHECK(p.client.settings().at(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) == 1 << 20);
}

TEST_CASE("a client that knows the limit of streams and goes beyond it loses the connection") {
  Limits limits;
  limits.http2_streams = 2;
  Harness h(limits);
  h.feed(kGreeting);
  h.take_output();
  h.feed(frame(FrameType::kSettings, kAck, 0) + get(1) + get(3) + get(5));
  CHECK(h.requests.size() == 2);
  h.take_output();
  CHECK(h.codec.done());
  CHECK(h.counters.bad_requests.value() == 1);
}

TEST_CASE("a request line of 8,192 bytes is the longest, counted as HTTP/1 would write it") {
  const Limits limits;
  for (const int step : kSteps) {
    const std::string path(at(limits.request_line_bytes, step) - std::string("GET / HTTP/1.1\r\n").size(), 'p');
    CHECK(status_for(limits, line("/" + path), &Counters::request_line_too_long) == (step > 0 ? "414" : ""));
  }
  CHECK(status_for(limits, line("/" + std::string(20'000, 'p')), &Counters::request_line_too_long) == "414");
}

TEST_CASE("a header field of 8 KiB is the largest, and 128 are the most") {
  const Limits limits;
  for (const int step : kSteps) {
    Fields fields = line();
    fields.emplace_back("a", std::string(at(limits.header_field_bytes, step) - 5, 'x'));
    CHECK(status_for(limits, fields, &Counters::header_field_too_large) == (step > 0 ? "431" : ""));
    fields = line();
    while (fields.size() - 3 < at(limits.header_count, step)) fields.emplace_back("a", "x");  // the host is one
    CHECK(status_for(limits, fields, &Counters::too_many_headers) == (step > 0 ? "431" : ""));
  }
}

TEST_CASE("a header list of 64 KiB is the largest") {
  const Limits limits;
  for (const int step : kSteps) {
    Fields fields = line();
    size_t left = at(limits.header_list_bytes, step) - std::string("host: h\r\n").size();
    for (; left > 8000; left -= 4000) fields.emplace_back("a", std::string(4000 - 5, 'x'));
    fields.emplace_back("a", std::string(left - 5, 'x'));
    CHECK(status_for(limits, fields, &Counters::header_list_too_large) == (step > 0 ? "431" : ""));
  }
}

TEST_CASE("1,000 resets at once are the most, and then 200 each second") {
  const Limits limits;
  for (const int step : kSteps) {
    CAPTURE(step);
    Harness h;
    h.feed(kGreeting);
    uint32_t stream = 1;
    for (; stream / 2 < at(limits.http2_reset_burst, step); stream += 2) h.feed(get(stream) + cancel(stream));
    check_allowed(h, step <= 0, "too_many_resets", &Counters::http2_resets);
  }
  for (const int step : kSteps) {
    CAPTURE(step);
    Harness h;
    h.feed(kGreeting);
    uint32_t stream = 1;
    for (; stream / 2 < limits.http2_reset_burst; stream += 2) h.feed(get(stream) + cancel(stream));
    h.now += 500ms;
    for (size_t i = 0; i < at(limits.http2_resets_per_second / 2, step); ++i, stream += 2) {
      h.feed(get(stream) + cancel(stream));
    }
    check_allowed(h, step <= 0, "too_many_resets", &Counters::http2_resets);
  }
}

TEST_CASE("resets that a client makes us send count as its own") {
  Limits limits;
  limits.http2_reset_burst = 10;
  for (const int step : kSteps) {
    CAPTURE(step);
    Harness h(limits);
    h.feed(kGreeting);
    for (uint32_t i = 0; i < at(limits.http2_reset_burst, step); ++i) {
      h.feed(frame(FrameType::kHeaders, kWhole, 2 * i + 1, header_block({{":method", "GET"}})));
    }
    h.take_output();  // they go out here
    CHECK(h.codec.done() == (step > 0));
    CHECK(h.counters.http2_resets.value() == (step > 0 ? 1 : 0));
  }
}

TEST_CASE("resets of ours do not count against the client") {
  Limits limits;
  limits.http2_reset_burst = 2;
  Harness h(limits);
  h.feed(kGreeting);
  for (uint32_t i = 0; i < 10; ++i) {
    h.feed(frame(FrameType::kHeaders, kEndHeaders, 2 * i + 1, get_block("/message/")) +
           frame(FrameType::kData, 0, 2 * i + 1, std::string(5, '\0')));
    if (i % 2 == 0) h.codec.reset(2 * i + 1, NGHTTP2_PROTOCOL_ERROR);
    if (i % 2 == 1) h.answer(i, "done before the client has");
    h.take_output();
  }
  CHECK(h.requests.size() == 10);
  CHECK_FALSE(h.codec.done());
}

TEST_CASE("8 CONTINUATION frames are the most") {
  const Limits limits;
  for (const int step : kSteps) {
    Harness h;
    const std::string block = get_block("/" + std::string(200, 'p'));
    const size_t frames = at(limits.http2_continuations, step) + 1;
    h.feed(kGreeting + in_frames(block, (block.size() + frames - 1) / frames));
    CHECK(h.requests.size() == (step > 0 ? 0 : 1));
    check_allowed(h, step <= 0, "too_many_continuations", &Counters::http2_continuations);
  }
}

TEST_CASE("1,000 frames a minute that carry nothing are the most") {
  const Limits limits;
  const std::string priority = frame(FrameType::kPriority, 0, 1, std::string(5, '\0'));
  const std::string data = frame(FrameType::kData, 0, 1);
  for (const std::string& empty : {priority, data}) {
    CAPTURE(static_cast<int>(empty[3]));
    for (const int step : kSteps) {
      CAPTURE(step);
      Harness h;
      h.feed(kGreeting + frame(FrameType::kHeaders, kEndHeaders, 1, get_block()));
      for (size_t i = 0; i < at(limits.http2_empty_frames, step); ++i) h.feed(empty);
      check_allowed(h, step <= 0, "too_many_empty_frames", &Counters::http2_empty_frames);
    }
    Harness h;
    h.feed(kGreeting + frame(FrameType::kHeaders, kEndHeaders, 1, get_block()));
    for (size_t i = 0; i < limits.http2_empty_frames; ++i) h.feed(empty);
    h.now += 1min;
    for (size_t i = 0; i < limits.http2_empty_frames; ++i) h.feed(empty);
    CHECK_FALSE(h.codec.done());
  }
}

TEST_CASE("an empty DATA frame that ends a request is none of those") {
  Harness h;
  h.feed(kGreeting);
  for (uint32_t i = 0; i < 3000; ++i) {
    const uint32_t stream = 2 * i + 1;
    h.feed(frame(FrameType::kHeaders, kEndHeaders, stream, get_block()) + frame(FrameType::kData, kEndStream, stream));
    h.answer(i, "");
    h.take_output();
  }
  CHECK(h.requests.size() == 3000);
  CHECK_FALSE(h.codec.done());
}

TEST_CASE("32 entries of one SETTINGS frame are the most") {
  const Limits limits;
  for (const int step : kSteps) {
    std::string entries;
    for (size_t i = 0; i < at(limits.http2_settings, step); ++i) entries += std::string("\0\4", 2) + be32(65535);
    Harness h;
    h.feed(kGreeting + frame(FrameType::kSettings, 0, 0, entries));
    check_allowed(h, step <= 0, "too_many_settings", &Counters::http2_settings);
  }
}

TEST_CASE("1,000 acknowledgements that cannot be sent are the most") {
  const Limits limits;
  for (const int step : kSteps) {
    CAPTURE(step);
    Harness h;
    h.feed(kGreeting);  // the first
    for (size_t i = 1; i < at(limits.http2_unsent_acks, step); ++i) h.feed(frame(FrameType::kSettings, 0, 0));
    check_allowed(h, step <= 0, "too_many_unsent_acks", &Counters::http2_unsent_acks);
    if (step <= 0) {
      for (size_t i = 0; i < limits.http2_unsent_acks; ++i) h.feed(frame(FrameType::kSettings, 0, 0));
      CHECK_FALSE(h.codec.done());
    }
  }
}

TEST_CASE("5,000 queued frames are the most") {
  const Limits limits;
  for (const int step : kSteps) {
    CAPTURE(step);
    Limits many = limits;
    many.http2_streams = 10'000;
    Harness h(many);
    h.feed(kGreeting);
    h.take_output();
    for (uint32_t i = 0; i < at(limits.http2_queued_frames, step); ++i) {
      h.feed(get(2 * i + 1));
      h.answer(i, "");  // one HEADERS
    }
    h.feed(frame(FrameType::kWindowUpdate, 0, 0, be32(1)));
    check_allowed(h, step <= 0, "too_many_queued_frames", &Counters::http2_queued_frames);
  }
}

TEST_CASE("pings are answered, until they are too many") {
  Http2Pair p;
  p.client.ask("GET", "/");
  for (int i = 1; i <= 3; ++i) {
    p.client.ping();
    p.exchange();
    CHECK(p.client.pings_answered() == static_cast<size_t>(i));
  }
  p.client.ping();
  p.exchange();
  CHECK(p.client.goaway() == NGHTTP2_ENHANCE_YOUR_CALM);
  CHECK(p.client.goaway_text() == "too_many_pings");
  CHECK(p.server.codec.done());
  CHECK(p.server.gone.size() == 1);
  CHECK(p.server.counters.http2_pings.value() == 1);
}

TEST_CASE("pings 5 s apart on a connection with a stream are in order, and those between answers") {
  Http2Pair p;
  const uint32_t stream = p.client.ask("GET", "/");
  p.exchange();
  for (int i = 0; i < 100; ++i, p.server.now += 5s) {
    p.client.ping();
    p.exchange();
  }
  p.server.codec.start_stream(stream, StreamHead());
  for (int i = 0; i < 100; ++i) {
    p.server.codec.stream_chunk(stream, Blob("x"));
    for (int j = 0; j < 3; ++j) p.client.ping();
    p.exchange();
  }
  CHECK(p.client.pings_answered() == 400);
}

TEST_CASE("a silent client is pinged, and given up with all that was to be said to it") {
  Http2Pair p;
  p.client.ask("GET", "/");
  p.exchange();
  p.server.now += 2h;
  CHECK(p.server.codec.next_deadline() == p.server.now);
  p.server.codec.on_deadline();
  p.exchange();
  CHECK(p.client.pings_asked() == 1);
  CHECK(p.server.codec.next_deadline() == p.server.now + 2h);  // it has answered
  p.server.now += 2h;
  p.server.codec.on_deadline();
  CHECK(p.server.codec.prepare_output());
  p.server.now += 20s - 1ns;
  p.server.codec.on_deadline();
  CHECK_FALSE(p.server.codec.done());
  p.server.now += 1ns;
  p.server.codec.on_deadline();
  CHECK(p.server.codec.done());
  CHECK(p.server.codec.output_bytes() == 0);
  CHECK(p.server.counters.http2_silent.value() == 1);
}

TEST_CASE("a body has 5 s, and then a second for each KiB, or its stream is reset") {
  for (const size_t size : {0, 512, 1024, 3000}) {
    CAPTURE(size);
    Http2Pair p;
    const TimePoint start = p.server.now;
    const uint32_t slow = p.client.ask("PUT", "/", std::string(size, 'x'), true);
    const uint32_t taken = p.client.ask("PUT", "/stream/", "", true);
    p.exchange();
    const TimePoint due = start + 5s + std::chrono::milliseconds(size * 1000 / 1024);
    for (p.server.now = start + 5s; p.server.codec.next_deadline() < due; p.server.now += 100ms) {
      p.server.codec.on_deadline();
    }
    p.server.now = due - 1ns;
    p.server.codec.on_deadline();
    p.exchange();
    CHECK_FALSE(p.client.answer(slow).reset);
    CHECK(p.server.codec.next_deadline() == due);
    p.server.now = due;
    p.server.codec.on_deadline();
    CHECK(p.answer(slow).reset == NGHTTP2_CANCEL);
    CHECK_FALSE(p.client.answer(taken).reset);
    CHECK(p.server.counters.body_timeouts.value() == 1);
    CHECK(p.server.codec.held_bytes() == 0);
    CHECK(p.server.codec.in_flight() == 1);
  }
}

TEST_CASE("an answer that its client does not read is reset after 60 s, a stream that may go on is not") {
  Http2ClientOptions options;
  options.takes_bodies = false;
  options.stream_window = 1000;
  Http2Pair p(Limits(), options);
  const uint32_t reply = p.client.ask("GET", "/");
  const uint32_t watch = p.client.ask("GET", "/");
  const uint32_t ended = p.client.ask("GET", "/");
  p.exchange();
  Http2Codec& codec = p.server.codec;
  p.server.answer(0, std::string(5000, 'x'));
  for (const uint32_t stream : {watch, ended}) {
    codec.start_stream(stream, StreamHead());
    codec.stream_chunk(stream, Blob(std::string(5000, 'x')));
  }
  codec.end_stream(ended, {});
  p.exchange();
  p.server.now += 30s;
  p.client.take(reply, 1000);  // it reads a little
  p.exchange();
  p.server.now += 30s - 1ns;
  codec.on_deadline();
  p.exchange();
  CHECK(p.server.counters.write_stalls.value() == 0);
  p.server.now += 1ns;
  codec.on_deadline();
  CHECK(p.answer(ended).reset == NGHTTP2_CANCEL);
  CHECK_FALSE(p.client.answer(reply).reset);
  p.server.now += 30s;
  codec.on_deadline();
  CHECK(p.answer(reply).reset == NGHTTP2_CANCEL);
  p.server.now += 1h;
  codec.on_deadline();
  CHECK_FALSE(p.answer(watch).reset);
  CHECK(p.server.counters.write_stalls.value() == 2);
}

TEST_CASE("a header block that does not end in time ends the connection") {
  Harness h;
  CHECK(h.codec.phase() == InputPhase::kHead);  // the greeting
  h.feed(kGreeting);
  CHECK(h.codec.phase() == InputPhase::kNone);
  h.feed(frame(FrameType::kHeaders, kEndStream, 1, get_block()));
  CHECK(h.codec.phase() == InputPhase::kHead);
  h.take_output();
  h.codec.give_up(GiveUp::kTooSlow);
  CHECK(h.take_output() == goaway(1, NGHTTP2_ENHANCE_YOUR_CALM, "header_timeout"));
  CHECK(h.codec.done());
  CHECK(h.counters.head_timeouts.value() == 1);
}
