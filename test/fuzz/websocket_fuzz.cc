// A client's side of a WebSocket: the first byte says in what pieces it arrives. However it is cut, the same is found,
// no message is larger than the limit, and nothing follows an end.
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <string>

#include "net/websocket.h"

namespace {

using namespace viaduct;
using Found = net::WebSocketReader::Found;

constexpr uint64_t kLimit = 300;

std::string found_in(Bytes bytes, size_t piece) {
  net::WebSocketReader reader(kLimit);
  std::string found;
  bool over = false;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.add(bytes.substr(0, piece));
    for (Found next = reader.next(); next != Found::kNothing; next = reader.next()) {
      assert(!over);
      assert(reader.payload().size() <= kLimit);
      over = next == Found::kClose || next == Found::kWrong;
      found += static_cast<char>('0' + static_cast<int>(next));
      found += reader.payload() + '\n';
    }
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool same = found_in(bytes, 1 + data[0]) == found_in(bytes, std::max<size_t>(1, bytes.size()));
  assert(same);
  return 0;
}
