// The gateway's JSON: the first byte says in what pieces the text arrives and how bytes are spelt. What is understood
// must come back the same when it is written and read again.
#include <cassert>
#include <cstdint>

#include "etcdserverpb/rpc.pb.h"
#include "v3/json_reader.h"
#include "v3/json_scanner.h"
#include "v3/json_writer.h"

namespace {

using namespace viaduct;
using namespace viaduct::v3;

template <typename Message>
struct Format {
  Format() : type(types.add(*Message::descriptor())) {}
  JsonTypes types;
  const JsonType& type;
};

template <typename Message>
void check_round_trip(const JsonDocument& document, BytesAs bytes_as) {
  static const Format<Message> format;
  Message message, again;
  if (!read_json(document, format.type, bytes_as, message)) return;
  std::string text;
  append_json(text, message, format.type, bytes_as);
  JsonScanner scanner;
  scanner.append(text);
  const bool is_whole = scanner.last() == JsonScanner::Found::kValue;
  assert(is_whole);
  const bool is_read = bool(read_json(scanner.document(), format.type, bytes_as, again));
  assert(is_read);
  assert(message.SerializeAsString() == again.SerializeAsString());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Bytes text(reinterpret_cast<const char*>(data + 1), size - 1);
  const BytesAs bytes_as = data[0] & 1 ? BytesAs::kText : BytesAs::kBase64;
  const size_t piece = 1 + (data[0] >> 1);
  JsonScanner scanner;
  const auto take = [&](JsonScanner::Found found) {
    if (found != JsonScanner::Found::kValue) return false;
    check_round_trip<etcdserverpb::TxnRequest>(scanner.document(), bytes_as);
    check_round_trip<etcdserverpb::WatchRequest>(scanner.document(), bytes_as);
    return true;
  };
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    scanner.append(text.substr(0, piece));
    while (take(scanner.next())) {
    }
  }
  while (take(scanner.last())) {
  }
  return 0;
}
