#include "test/conformance/grpc_frame.h"

#include <zlib.h>

#include <cstdlib>

namespace viaduct::conformance {

namespace {

constexpr size_t kPrefixBytes = 5;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip's header

}  // namespace

std::string framed(const std::string& message, bool compressed) {
  const auto size = static_cast<uint32_t>(message.size());
  std::string frame(1, compressed ? '\1' : '\0');
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(size >> shift);
  return frame + message;
}

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  ::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::optional<std::string> take_frame(std::string& data) {
  if (data.size() < kPrefixBytes) return std::nullopt;
  size_t length = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) length = length << 8 | static_cast<unsigned char>(data[i]);
  if (data.size() < kPrefixBytes + length) return std::nullopt;
  std::string message = data.substr(kPrefixBytes, length);
  data.erase(0, kPrefixBytes + length);
  return message;
}

std::optional<std::string> trailer(const Http2Stream& stream, const std::string& name) {
  if (stream.blocks.empty()) return std::nullopt;
  for (const auto& [key, value] : stream.blocks.back()) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string percent_decoded(const std::string& text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(std::strtol(text.substr(i + 1, 2).c_str(), nullptr, 16));
    i += 2;
  }
  return decoded;
}

}  // namespace viaduct::conformance
