#include "base/sha256.h"

#include <doctest/doctest.h>

#include "base/ids.h"

using namespace viaduct;

namespace {

std::string hex(Bytes bytes) {
  std::string text;
  for (const char c : bytes) {
    if (static_cast<uint8_t>(c) < 16) text += '0';
    text += to_hex(static_cast<uint8_t>(c));
  }
  return text;
}

}  // namespace

TEST_CASE("SHA-256 is that of FIPS 180, however the bytes are cut") {
  struct Case {
    const char* text;
    const char* digest;
  };
  for (const Case& c : {
           Case{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
           Case{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           Case{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
       }) {
    const Bytes text = c.text;
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      CAPTURE(text);
      CAPTURE(cut);
      Sha256 sha;
      sha.add(text.substr(0, cut));
      sha.add(text.substr(cut));
      CHECK(hex(sha.finish()) == c.digest);
    }
  }
}
