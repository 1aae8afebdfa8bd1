// Feeds a codec as a connection would, and keeps what comes out.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/http1_codec.h"

namespace viaduct::net {

template <typename CodecUnderTest>
struct HarnessOf : BodyPlanner {
  explicit HarnessOf(const Limits& with = Limits(), uint64_t body_limit_of_all = 1 << 20)
      : limits(with),
        body_limit(body_limit_of_all),
        codec(CodecContext{limits, counters, *this, common_headers, now}) {}

  // Paths below /stream/ have streamed bodies, those below /message/ one message.
  BodyPlan body_plan(const Request& head) const override {
    if (head.raw_path().starts_with("/stream/")) return {BodyPlan::Shape::kStreamed, 0};
    if (head.raw_path().starts_with("/message/")) return {BodyPlan::Shape::kOneMessage, body_limit};
    return {BodyPlan::Shape::kWhole, body_limit};
  }

  // Offers `bytes` behind what the codec left over before.
  void feed(std::string_view bytes) {
    rest += bytes;
    for (bool more = true; more;) {
      const size_t used = codec.feed(rest);
      rest.erase(0, used);
      more = used > 0;
      while (auto incoming = codec.next_request()) {
        requests.push_back(*std::move(incoming));
        if (on_request) on_request(requests.back().stream);
        more = true;
      }
      while (auto incoming = codec.next_body()) {
        bodies[incoming->stream] += incoming->piece.bytes;
        if (incoming->piece.last) bodies[incoming->stream] += "|";
        more = true;
      }
      while (auto stream = codec.next_gone()) gone.push_back(*stream);
    }
  }

  void feed_in_pieces(std::string_view bytes, size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) feed(bytes.substr(0, piece));
  }

  void answer(size_t request, std::string body, int status = 200) {
    Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    codec.reply(requests.at(request).stream, std::move(reply));
  }

  std::string take_output() {
    std::string out;
    while (codec.prepare_output()) {
      iovec pieces[4];
      const size_t count = codec.output(pieces);
      size_t taken = 0;
      for (size_t i = 0; i < count; ++i) {
        out.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
        taken += pieces[i].iov_len;
      }
      codec.wrote(taken);
    }
    return out;
  }

  Limits limits;
  Counters counters;
  uint64_t body_limit;
  std::string common_headers = "Server: s\r\n";
  TimePoint now = std::chrono::hours(1);
  CodecUnderTest codec;
  std::string rest;
  std::vector<IncomingRequest> requests;
  std::function<void(StreamId)> on_request;
  std::map<StreamId, std::string> bodies;  // streamed; "|" where one ended
  std::vector<StreamId> gone;
};

using CodecHarness = HarnessOf<Http1Codec>;

}  // namespace viaduct::net
