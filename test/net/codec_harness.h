// Feeds an Http1Codec as a connection would, and keeps what comes out.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "net/http1_codec.h"

namespace viaduct::net {

struct CodecHarness : BodyLimit {
  explicit CodecHarness(const Limits& with = Limits(), uint64_t body_limit_of_all = 1 << 20)
      : limits(with), body_limit(body_limit_of_all), codec(CodecContext{limits, counters, *this, common_headers}) {}

  uint64_t body_limit_bytes(std::string_view) const override { return body_limit; }

  // Offers `bytes` behind what the codec left over before.
  void feed(std::string_view bytes) {
    rest += bytes;
    for (bool more = true; more;) {
      const size_t used = codec.feed(rest);
      rest.erase(0, used);
      more = used > 0;
      while (auto incoming = codec.next_request()) {
        requests.push_back(*std::move(incoming));
        more = true;
      }
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
    while (codec.output_bytes() > 0) {
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
  Http1Codec codec;
  std::string rest;
  std::vector<IncomingRequest> requests;
};

}  // namespace viaduct::net
