// Each limit of HTTP/1 at one less, exactly, and one more (reliability.md 7).
#include <doctest/doctest.h>

#include <string>

#include "test/net/codec_harness.h"

using namespace viaduct::net;

namespace {

enum class Step { kLess = -1, kExactly = 0, kMore = 1 };
constexpr Step kSteps[] = {Step::kLess, Step::kExactly, Step::kMore};

size_t at(size_t limit, Step step) { return limit + static_cast<size_t>(static_cast<int>(step)); }

std::string status_of(const std::string& output) { return output.substr(9, 3); }

// Feeds a request whole and byte by byte; it must be taken, or be refused with `status` and counted by `counter`.
void check_limit(const Limits& limits, const std::string& request, bool allowed, const std::string& status,
                 Counter Counters::*counter) {
  for (const size_t piece : {request.size(), size_t{1}}) {
    CAPTURE(piece);
    CodecHarness h(limits);
    h.feed_in_pieces(request, piece);
    CHECK(h.requests.size() == (allowed ? 1 : 0));
    CHECK((h.counters.*counter).value() == (allowed ? 0 : 1));
    CHECK(h.codec.done() == !allowed);
    const std::string output = h.take_output();
    if (!allowed) CHECK(status_of(output) == status);
  }
}

std::string fields_of(size_t bytes, size_t each) {
  std::string fields = "Host: h\r\n";
  while (fields.size() < bytes) {
    const size_t size = bytes - fields.size() < 2 * each ? bytes - fields.size() : each;
    fields += "A: " + std::string(size - 5, 'x') + "\r\n";
  }
  return fields;
}

}  // namespace

TEST_CASE("a request line of 8,192 bytes is the longest") {
  const Limits limits;
  for (const Step step : kSteps) {
    const std::string around = "GET / HTTP/1.1\r\n";
    const std::string path(at(limits.request_line_bytes, step) - around.size(), 'p');
    const std::string request = "GET /" + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
    check_limit(limits, request, step != Step::kMore, "414", &Counters::request_line_too_long);
  }
}

TEST_CASE("a request line that never ends is refused at the limit") {
  CodecHarness h;
  h.feed("GET /" + std::string(8186, 'p'));
  CHECK(h.take_output() == "");
  h.feed("p");
  CHECK(status_of(h.take_output()) == "414");
  CHECK(h.codec.done());
}

TEST_CASE("a header list of 64 KiB is the largest") {
  const Limits limits;
  for (const Step step : kSteps) {
    const std::string fields = fields_of(at(limits.header_list_bytes, step), 4096);
    check_limit(limits, "GET / HTTP/1.1\r\n" + fields + "\r\n", step != Step::kMore, "431",
                &Counters::header_list_too_large);
  }
}

TEST_CASE("a header list that never ends is refused before it is much more than the limit") {
  CodecHarness h;
  h.feed("GET / HTTP/1.1\r\nHost: h\r\nA: ");
  size_t fed = 0;
  for (; !h.codec.done() && fed < h.limits.header_list_bytes * 2; fed += 1000) h.feed(std::string(1000, 'x'));
  CHECK(fed <= h.limits.header_list_bytes + 1000);
  CHECK(status_of(h.take_output()) == "431");
  CHECK(h.counters.header_list_too_large.value() == 1);
}

TEST_CASE("a header field of 8 KiB is the largest") {
  const Limits limits;
  for (const Step step : kSteps) {
    const std::string field = "A: " + std::string(at(limits.header_field_bytes, step) - 5, 'x') + "\r\n";
    check_limit(limits, "GET / HTTP/1.1\r\nHost: h\r\n" + field + "\r\n", step != Step::kMore, "431",
                &Counters::header_field_too_large);
  }
}

TEST_CASE("128 header fields are the most") {
  const Limits limits;
  for (const Step step : kSteps) {
    std::string request = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (size_t i = 1; i < at(limits.header_count, step); ++i) request += "A: b\r\n";
    check_limit(limits, request + "\r\n", step != Step::kMore, "431", &Counters::too_many_headers);
  }
}

TEST_CASE("trailers count as header fields") {
  Limits limits;
  limits.header_count = 4;
  for (const Step step : kSteps) {
    std::string request = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    for (size_t i = 2; i < at(limits.header_count, step); ++i) request += "A: b\r\n";
    check_limit(limits, request + "\r\n", step != Step::kMore, "431", &Counters::too_many_headers);
  }
}

TEST_CASE("a trailer that never ends is refused") {
  CodecHarness h;
  h.feed("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ");
  size_t fed = 0;
  for (; !h.codec.done() && fed < h.limits.header_list_bytes * 2; fed += 1000) h.feed(std::string(1000, 'x'));
  CHECK(fed <= h.limits.header_list_bytes + 1000);
  CHECK(status_of(h.take_output()) == "400");
}

TEST_CASE("a body beyond the handler's limit is handed over as such, and the connection ends with the answer") {
  const size_t limit = 10;
  for (const Step step : kSteps) {
    const std::string body(at(limit, step), 'b');
    const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\n";
    const std::string whole = head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    const std::string half = std::to_string(body.size() - 5);
    std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(5) + "\r\n";
    chunked =
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nbbbbb\r\n" + half + "\r\n" + body.substr(5) + "\r\n0\r\n\r\n";
    for (const std::string& request : {whole, chunked}) {
      for (const size_t piece : {request.size(), size_t{1}}) {
        CAPTURE(request);
        CAPTURE(piece);
        CodecHarness h(Limits(), limit);
        h.feed_in_pieces(request, piece);
        REQUIRE(h.requests.size() == 1);
        const bool too_large = step == Step::kMore;
        CHECK(h.requests[0].request.body_too_large == too_large);
        CHECK(h.counters.bodies_too_large.value() == (too_large ? 1 : 0));
        if (!too_large) CHECK(h.requests[0].request.body == body);
        h.answer(0, "no", 400);
        CHECK((h.take_output().find("Connection: close") != std::string::npos) == too_large);
        CHECK(h.codec.done() == too_large);
      }
    }
  }
}

TEST_CASE("64 pipelined requests are in flight at most, the next ones wait") {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const Step step : kSteps) {
    CodecHarness h;
    const size_t limit = h.limits.pipelined_requests;
    const size_t asked = at(limit, step);
    for (size_t i = 0; i < asked; ++i) h.feed(get);
    CHECK(h.requests.size() == std::min(asked, limit));
    CHECK(h.codec.wants_input() == (step == Step::kLess));
    CHECK(h.rest.empty() == (step != Step::kMore));
    CHECK(h.counters.pipeline_full.value() == (step == Step::kLess ? 0 : 1));
    h.answer(0, "");
    h.feed("");
    CHECK(h.requests.size() == asked);
  }
}

TEST_CASE("no request is taken while too much is unsent") {
  Limits limits;
  limits.output_pause_bytes = 1000;
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  CodecHarness probe(limits);
  probe.feed(get);
  probe.answer(0, "");
  const size_t head = probe.take_output().size() + 2;  // a length of three digits
  for (const Step step : kSteps) {
    CodecHarness h(limits);
    h.feed(get);
    h.answer(0, std::string(at(limits.output_pause_bytes, step) - head, 'b'));
    CHECK(h.codec.output_bytes() == at(limits.output_pause_bytes, step));
    h.feed(get);
    CHECK(h.requests.size() == (step == Step::kLess ? 2 : 1));
    h.take_output();
    h.feed("");
    CHECK(h.requests.size() == 2);
  }
}
