// Mutated and cut requests from one seed: nothing may crash, hang, or depend on where the bytes were cut.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "test/net/codec_harness.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

const std::string kSeeds[] = {
    "GET /a?wait=true HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
    "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nv=1",
    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: "
    "v\r\n\r\n",
    "HEAD http://h/a%20b HTTP/1.0\r\nA: b\r\n c\r\n\r\n",
};
const std::string kTokens[] = {"\r\n",
                               "\n",
                               "\r",
                               "0\r\n\r\n",
                               "0\r\n",
                               "5\r\n",
                               "\r\n\r\n",
                               ":",
                               " ",
                               "chunked",
                               "Content-Length: 5\r\n",
                               "Transfer-Encoding: chunked\r\n",
                               "%",
                               ";",
                               "\"",
                               "\\",
                               "ffffffff",
                               std::string("\0", 1)};

std::string mutated(Random& random) {
  std::string bytes;
  for (uint64_t i = 0; i <= random.below(3); ++i) bytes += kSeeds[random.below(std::size(kSeeds))];
  for (uint64_t i = 0; i < random.below(5); ++i) {
    const size_t at = random.below(bytes.size() + 1);
    switch (random.below(3)) {
      case 0:
        bytes.insert(at, kTokens[random.below(std::size(kTokens))]);
        break;
      case 1:
        bytes.erase(at, random.below(4));
        break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random.next());
    }
  }
  return bytes + "\r\n\r\n";  // a head that is wrong may be refused before its end, or at its end
}

// All that came out, in one text.
std::string outcome(const std::string& bytes, Random* cuts) {
  CodecHarness h(Limits(), 20);
  std::string seen;
  size_t answered = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t piece = cuts ? 1 + cuts->below(8) : bytes.size();
    h.feed(std::string_view(bytes).substr(at, piece));
    at += piece;
    for (; answered < h.requests.size(); h.feed("")) {
      const Request& request = h.requests[answered].request;
      seen.append(request.method_text()).append(" ").append(request.target()).append(" ");
      seen.append(request.body_too_large ? "too large" : request.body).append("\n");
      h.answer(answered++, "x");
    }
  }
  const std::string out = h.take_output();
  size_t continues = 0;  // sent or not by whether the body came along
  for (size_t at = out.find("100 Continue"); at != std::string::npos; at = out.find("100 Continue", at + 1))
    ++continues;
  return seen + std::to_string(out.size() - continues * 25) + (h.codec.done() ? " done" : " open");
}

}  // namespace

TEST_CASE("mutated requests have one meaning however they are cut") {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    SeededRandom random(seed);
    const std::string bytes = mutated(random);
    const std::string whole = outcome(bytes, nullptr);
    const std::string cut = outcome(bytes, &random);
    if (whole == cut) continue;
    CAPTURE(seed);
    CAPTURE(bytes);
    CHECK(cut == whole);
  }
}
