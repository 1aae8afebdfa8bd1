// Mutated and cut connections from one seed: nothing may crash, hang, leak a stream, or depend on where the bytes were
// cut.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "test/net/http2_harness.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

constexpr uint8_t kWhole = kEndStream | kEndHeaders;

// One frame that means something, mostly.
std::string some_frame(Random& random) {
  const auto stream = static_cast<uint32_t>(random.below(12));
  const std::string block = get_block(random.below(2) == 0 ? "/a" : "/stream/b");
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return frame(FrameType::kHeaders, kWhole, stream | 1, block);
    case 3:
      return frame(FrameType::kHeaders, kEndHeaders, stream | 1, block);
    case 4:
      return frame(FrameType::kHeaders, 0, stream | 1, block.substr(0, 9)) +
             frame(FrameType::kContinuation, kEndHeaders, stream | 1, block.substr(9));
    case 5:
      return frame(FrameType::kData, static_cast<uint8_t>(random.below(2)), stream | 1,
                   std::string(random.below(40), 'd'));
    case 6:
      return frame(FrameType::kReset, 0, stream | 1, be32(static_cast<uint32_t>(random.below(14))));
    case 7:
      return frame(
          FrameType::kSettings, static_cast<uint8_t>(random.below(2)), 0,
          random.below(2) == 0 ? "" : std::string("\0\4", 2) + be32(static_cast<uint32_t>(random.below(100'000))));
    case 8:
      return frame(FrameType::kPing, static_cast<uint8_t>(random.below(2)), 0, "12345678");
    case 9:
      return frame(FrameType::kWindowUpdate, 0, stream, be32(static_cast<uint32_t>(random.below(1000))));
    case 10:
      return frame(FrameType::kPriority, 0, stream | 1, std::string("\0\0\0\0\x10", 5));
    default:
      return frame(static_cast<FrameType>(random.below(256)), static_cast<uint8_t>(random.next()), stream,
                   std::string(random.below(20), 'r'));
  }
}

std::string connection(Random& random) {
  std::string bytes = kGreeting;
  for (uint64_t i = 0; i < 1 + random.below(12); ++i) bytes += some_frame(random);
  for (uint64_t i = random.below(4); i > 0; --i) {
    const size_t at = kGreeting.size() + random.below(bytes.size() - kGreeting.size() + 1);
    if (random.below(2) == 0) bytes.erase(at, random.below(4));
    if (random.below(2) == 0 && at < bytes.size()) bytes[at] = static_cast<char>(random.next());
  }
  return bytes;
}

// All that came out, in one text. Requests are answered at the end, half of them by a stream.
std::string outcome(const std::string& bytes, Random* cuts) {
  HarnessOf<Http2Codec> h(Limits(), 20);
  for (size_t at = 0; at < bytes.size();) {
    const size_t piece = cuts ? 1 + cuts->below(20) : bytes.size();
    h.codec.feed(std::string_view(bytes).substr(at, piece));
    at += piece;
  }
  h.on_request = [&](StreamId stream) { h.codec.observe_body(stream, true); };
  h.feed("");
  std::string seen;
  for (size_t i = 0; i < h.requests.size(); ++i) {
    const Request& request = h.requests[i].request;
    seen.append(request.target()).append(" ").append(request.body_too_large ? "too large" : request.body).append("\n");
    if (i % 2 == 0) {
      h.answer(i, "x");
    } else {
      h.codec.start_stream(h.requests[i].stream, StreamHead());
      h.codec.stream_chunk(h.requests[i].stream, Blob("chunk"));
      h.codec.end_stream(h.requests[i].stream, {});
    }
  }
  for (const auto& [stream, body] : h.bodies) seen += std::to_string(stream) + "=" + body + "\n";
  for (const StreamId stream : h.gone) seen += std::to_string(stream) + " gone\n";
  seen += h.take_output();
  CHECK_FALSE(h.codec.has_stream());
  return seen + (h.codec.done() ? " done " : " open ") + std::to_string(h.codec.in_flight());
}

}  // namespace

TEST_CASE("mutated connections have one meaning however they are cut") {
  size_t still_open = 0;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    SeededRandom random(seed);
    const std::string bytes = connection(random);
    const std::string whole = outcome(bytes, nullptr);
    const std::string cut = outcome(bytes, &random);
    still_open += whole.find(" open ") != std::string::npos ? 1 : 0;
    if (whole == cut) continue;
    CAPTURE(seed);
    CHECK(cut == whole);
  }
  CHECK(still_open > 2'000);  // the mutations leave something to look at
  CHECK(still_open < 18'000);
}
