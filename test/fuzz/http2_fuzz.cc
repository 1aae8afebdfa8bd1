// A whole connection of HTTP/2 in frames: the first byte says in what pieces it arrives, the second whether the
// client's preface comes before the rest and when requests are answered. At the end: however the bytes are cut, the
// same is understood and said. At once: each in a way that its path chooses. Either way the server says nothing but
// HTTP/2, and once the client is gone no stream is left.
#include <cassert>
#include <cstdint>
#include <string>

#include "net/http2_codec.h"
#include "net/protocol.h"
#include "test/fuzz/http2_output.h"
#include "test/fuzz/input.h"
#include "test/net/codec_harness.h"
#include "test/net/http2_client.h"

namespace viaduct::net {
namespace {

constexpr uint64_t kBodyLimit = 64;
constexpr uint64_t kMessagePrefixBytes = 5;

struct Connection {
  Connection() : harness(Limits(), kBodyLimit) {}

  void feed(Bytes bytes) {
    harness.feed(bytes);
    assert(harness.rest.size() < kHttp2Preface.size() + 16384 + 9);
  }
  std::string take_output() {
    const std::string bytes = harness.take_output();
    output.take(bytes);
    return bytes;
  }

  HarnessOf<Http2Codec> harness;
  fuzz::Http2Output output;
};

std::string text_of(const Request& request) {
  std::string text = std::string(request.target()) + (request.body_too_large ? " too large" : " " + request.body);
  assert(request.body_too_large || request.body.size() <= kBodyLimit + kMessagePrefixBytes);
  return text + "\n";
}

// Up to the end of the client's GOAWAY: what it says behind that may not even be looked at.
Bytes until_goaway(Bytes bytes) {
  for (size_t at = kHttp2Preface.size(); at + 9 <= bytes.size();) {
    const uint32_t head = ByteReader(bytes.substr(at)).take_be32();
    at += 9 + (head >> 8);
    if ((head & 0xff) == static_cast<uint32_t>(FrameType::kGoaway)) return bytes.substr(0, at);
  }
  return bytes;
}

// What the server said. Where it ends in its GOAWAY with an error, that is all that counts: of several things that were
// wrong any may be named, and what there was to say of single streams may come before, or not at all.
std::string said(const std::string& bytes) {
  for (size_t at = 0; at + 9 <= bytes.size();) {
    ByteReader frame(Bytes(bytes).substr(at));
    const uint32_t head = frame.take_be32();
    frame.take_bytes(5 + 4);  // flags, stream; last stream
    const bool is_goaway = (head & 0xff) == static_cast<uint32_t>(FrameType::kGoaway);
    if (const uint32_t error = frame.take_be32(); is_goaway && error != 0) return "an error";
    at += 9 + (head >> 8);
  }
  return bytes;
}

// All that came out, in one text. Half of the requests are answered by a stream.
std::string outcome(Bytes bytes, size_t piece) {
  Connection connection;
  auto& h = connection.harness;
  h.on_request = [&](StreamId stream) { h.codec.observe_body(stream, true); };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) h.codec.feed(bytes.substr(0, piece));
  connection.feed("");
  std::string seen;
  for (size_t i = 0; i < h.requests.size(); ++i) {
    seen += text_of(h.requests[i].request);
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
  seen += said(connection.take_output());
  connection.output.end();
  assert(!h.codec.has_stream());
  return seen + (h.codec.done() ? " done " : " open ") + std::to_string(h.codec.in_flight());
}

// A path's last letter says how its request is answered.
void answer(Connection& connection, const IncomingRequest& incoming) {
  Codec& codec = connection.harness.codec;
  const StreamId stream = incoming.stream;
  switch (incoming.request.target().back()) {
    case 'r':
      return codec.reset(stream, 7);
    case 'o':  // stays open
      return codec.start_stream(stream, StreamHead());
    case 'p':
      codec.observe_body(stream, true);
      return codec.pause_body(stream, true);
    case 'b':
      codec.start_stream(stream, StreamHead());
      for (int i = 0; i < 3; ++i) codec.stream_chunk(stream, Blob(std::string(30'000, 'b')));
      return codec.end_stream(stream, {});
    case 'c':
      codec.start_stream(stream, StreamHead());
      codec.stream_chunk(stream, Blob("c"));
      return void(codec.cut_off(stream));
    default: {
      Reply reply;
      reply.bare = incoming.request.has_header("te");
      reply.body = incoming.request.body;
      reply.trailers.add("grpc-status", uint64_t{0});
      codec.reply(stream, std::move(reply));
    }
  }
}

void converse(Bytes bytes, size_t piece) {
  Connection connection;
  auto& h = connection.harness;
  size_t answered = 0;
  for (; !bytes.empty() && !h.codec.closing(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    connection.feed(bytes.substr(0, piece));
    for (; answered < h.requests.size(); ++answered) answer(connection, h.requests[answered]);
    h.now += std::chrono::milliseconds(100);
    if (h.codec.next_deadline() <= h.now) h.codec.on_deadline();
    for (const StreamId gone : std::exchange(h.gone, {})) h.codec.forget(gone);
    connection.take_output();
  }
  h.codec.shut_down();
  for (const IncomingRequest& request : h.requests) h.codec.end_stream(request.stream, {});
  h.codec.end_input();
  for (int i = 0; i < 20; ++i) {
    h.now += std::chrono::minutes(20);
    h.codec.on_deadline();
    h.feed("");
    for (const StreamId gone : std::exchange(h.gone, {})) h.codec.forget(gone);
    connection.take_output();
  }
  assert(h.codec.done() || h.codec.in_flight() > 0);
  connection.output.end();
}

}  // namespace
}  // namespace viaduct::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace viaduct;
  fuzz::Input input(data, size);
  const size_t piece = 1 + input.byte();
  const uint8_t how = input.byte();
  std::string bytes(how & 1 ? net::kHttp2Preface : "");
  bytes += input.rest();
  if (how & 2) {
    net::converse(bytes, piece);
  } else {
    const Bytes heard = net::until_goaway(bytes);
    assert(net::outcome(heard, piece) == net::outcome(heard, heard.size() + 1));
  }
  return 0;
}
