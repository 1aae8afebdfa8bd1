// An Http2Codec and a client, and the bytes between them.
#pragma once

#include "net/http2_codec.h"
#include "test/net/codec_harness.h"
#include "test/net/http2_client.h"

namespace viaduct::net {

struct Http2Pair {
  explicit Http2Pair(const Limits& limits = Limits(), const Http2ClientOptions& options = {},
                     uint64_t body_limit = 1 << 20)
      : client(options), server(limits, body_limit) {}

  // Until both sides have nothing to say.
  void exchange() {
    for (bool more = true; more;) {
      const std::string asked = client.output();
      server.feed(asked);
      const std::string answered = server.take_output();
      client.feed(answered);
      more = !asked.empty() || !answered.empty();
    }
  }

  Http2Client::Answer& answer(uint32_t stream) {
    exchange();
    return client.answer(stream);
  }

  Http2Client client;
  HarnessOf<Http2Codec> server;
};

}  // namespace viaduct::net
