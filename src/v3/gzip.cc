#include "v3/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace viaduct::v3 {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr size_t kPieceBytes = 64 << 10;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

Result<std::string> gunzip(Bytes packed, uint64_t limit_bytes) {
  Inflater inflater;
  if (!inflater.ready()) return Error{Code::kInvalidArgument, "gzip: no memory"};
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const size_t filled = plain.size();
    if (filled > limit_bytes) return Error{Code::kTooLarge, "gzip: more than the limit"};
    plain.resize(filled + kPieceBytes);
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + filled);
    stream.avail_out = kPieceBytes;
    state = inflate(&stream, Z_NO_FLUSH);
    plain.resize(filled + kPieceBytes - stream.avail_out);
    if (state == Z_BUF_ERROR || (state == Z_OK && plain.size() == filled)) {
      return Error{Code::kInvalidArgument, "unexpected EOF"};
    }
    if (state != Z_OK && state != Z_STREAM_END) return Error{Code::kInvalidArgument, "gzip: invalid header"};
  }
  if (plain.size() > limit_bytes) return Error{Code::kTooLarge, "gzip: more than the limit"};
  return plain;
}

}  // namespace viaduct::v3
