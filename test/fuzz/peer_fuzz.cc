// Frames of a peer's stream: the first byte says in what pieces the rest arrives. However it is cut, the same is found;
// what was found says itself again in other bytes perhaps, but means the same. Half of the inputs get a checksum that
// fits, or few would come further than that.
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <string>

#include "peer/frame_codec.h"

namespace {

using namespace viaduct;

constexpr size_t kLimit = 4096;

std::string found_in(Bytes bytes, size_t piece) {
  peer::FrameReader reader(kLimit);
  std::vector<peer::Frame> frames;
  bool whole = true;
  for (; whole && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    whole = reader.feed(bytes.substr(0, piece), frames).has_value();
    assert(reader.held_bytes() <= kLimit + peer::kFrameHeaderBytes);
  }
  std::string found;
  for (const peer::Frame& frame : frames) {
    const bool said = peer::append_frame(found, frame);
    assert(said);
  }
  return found;
}

// One frame of just that content.
std::string sealed(Bytes content) {
  std::string bytes;
  put_le32(bytes, static_cast<uint32_t>(content.size()));
  put_le32(bytes, crc32c(0, content));
  return bytes.append(content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes given(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string bytes = data[0] % 2 == 0 ? std::string(given) : sealed(given);
  const std::string found = found_in(bytes, 1 + data[0] / 2);
  assert(found == found_in(bytes, std::max<size_t>(1, bytes.size())));
  assert(found_in(found, found.size() + 1) == found);
  return 0;
}
