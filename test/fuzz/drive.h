// Feeds a codec as a connection would and answers whatever it hands out, so that both directions are reached.
#pragma once

#include <string>
#include <vector>

#include "net/codec.h"

namespace viaduct::fuzz {

inline void take_output(net::Codec& codec) {
  iovec pieces[8];
  while (codec.prepare_output() && codec.output_bytes() > 0) {
    size_t taken = 0;
    for (size_t i = codec.output(pieces); i > 0; --i) taken += pieces[i - 1].iov_len;
    codec.wrote(taken);
  }
}

// Offers `bytes` in pieces of at most `piece`; `answer` gets each request that comes out.
template <typename Answer>
void drive(net::Codec& codec, Bytes bytes, size_t piece, Answer answer) {
  std::string rest;
  while (!bytes.empty() && !codec.closing()) {
    const Bytes fresh = bytes.substr(0, piece);
    bytes.remove_prefix(fresh.size());
    rest.append(fresh);
    for (bool more = true; more;) {
      const size_t used = codec.feed(rest);
      rest.erase(0, used);
      more = used > 0;
      while (auto incoming = codec.next_request()) {
        answer(*std::move(incoming));
        more = true;
      }
      while (codec.next_body()) more = true;
      while (auto gone = codec.next_gone()) codec.forget(*gone);
      take_output(codec);
    }
  }
  codec.end_input();
}

}  // namespace viaduct::fuzz
