#include "bolt/format.h"

namespace viaduct::bolt {
namespace {

constexpr uint32_t kMagic = 0xED0CDAED;
constexpr uint32_t kVersion = 2;

uint64_t fnv1a(Bytes data) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : data) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

void put_page_header(std::string& to, const PageHeader& header) {
  put_le64(to, header.id);
  put_le32(to, header.flags | uint32_t{header.count} << 16);
  put_le32(to, header.overflow);
}

PageHeader take_page_header(ByteReader& from) {
  PageHeader header;
  header.id = from.take_le64();
  const uint32_t flags_and_count = from.take_le32();
  header.flags = static_cast<uint16_t>(flags_and_count);
  header.count = static_cast<uint16_t>(flags_and_count >> 16);
  header.overflow = from.take_le32();
  return header;
}

std::string encode_meta(const Meta& meta) {
  std::string body;
  put_le32(body, kMagic);
  put_le32(body, kVersion);
  put_le32(body, meta.page_bytes);
  put_le32(body, 0);
  put_le64(body, meta.root);
  put_le64(body, 0);  // the root bucket's sequence
  put_le64(body, meta.freelist);
  put_le64(body, meta.pages);
  put_le64(body, meta.txid);
  put_le64(body, fnv1a(body));
  return body;
}

std::optional<Meta> decode_meta(Bytes body) {
  ByteReader in(body.substr(0, kMetaBytes));
  const uint32_t magic = in.take_le32();
  const uint32_t version = in.take_le32();
  Meta meta;
  meta.page_bytes = in.take_le32();
  in.take_le32();
  meta.root = in.take_le64();
  in.take_le64();
  meta.freelist = in.take_le64();
  meta.pages = in.take_le64();
  meta.txid = in.take_le64();
  const uint64_t checksum = in.take_le64();
  if (!in.done() || magic != kMagic || version != kVersion) return std::nullopt;
  if (checksum != fnv1a(body.substr(0, kMetaBytes - sizeof checksum))) return std::nullopt;
  return meta;
}

}  // namespace viaduct::bolt
