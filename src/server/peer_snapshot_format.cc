#include "server/peer_snapshot_format.h"

namespace viaduct::server {
namespace {

constexpr std::string_view kMagic = "VIADSNAP";
constexpr uint32_t kFormat = 1;

constexpr uint32_t kHeader = 1;
constexpr uint32_t kRows = 2;
constexpr uint32_t kFooter = 3;

constexpr size_t kHeadBytes = 4 + 4;
constexpr size_t kCrcBytes = 4;
constexpr uint32_t kMaxBodyBytes = 64 << 20;  // a row is never larger than the entry that wrote it

Error corrupt(const std::string& what) { return {Code::kCorrupt, "snapshot: " + what}; }

}  // namespace

std::string PeerSnapshotEncoder::frame(uint32_t type, Bytes body) {
  std::string out;
  out.reserve(kHeadBytes + body.size() + kCrcBytes);
  put_le32(out, type);
  put_le32(out, static_cast<uint32_t>(body.size()));
  out += body;
  crc_ = crc32c(crc_, out);
  put_le32(out, crc_);
  bytes_ += out.size();
  return out;
}

std::string PeerSnapshotEncoder::header(const PeerSnapshotHeader& header) {
  std::string body(kMagic);
  put_le32(body, kFormat);
  for (const uint64_t number : {header.cluster.value, header.index.value, header.term.value, header.chain,
                                header.seq.value, header.revision.value}) {
    put_le64(body, number);
  }
  return frame(kHeader, body);
}

void PeerSnapshotEncoder::add(std::string& rows, Bytes key, Bytes value) {
  put_length_prefixed(rows, key);
  put_length_prefixed(rows, value);
  ++rows_;
}

std::string PeerSnapshotEncoder::rows(Bytes body) { return frame(kRows, body); }

std::string PeerSnapshotEncoder::footer() {
  std::string body;
  put_le64(body, rows_);
  put_le64(body, bytes_);
  return frame(kFooter, body);
}

// Whole frames are read where they lie; only the part of one that is left over is kept.
Result<void> PeerSnapshotDecoder::feed(Bytes bytes) {
  bytes_ += bytes.size();
  const bool was_empty = part_.empty();
  if (!was_empty) part_ += bytes;
  Bytes rest = was_empty ? bytes : Bytes(part_);
  for (;;) {
    VIADUCT_TRY_ASSIGN(taken, take_frame(rest));
    if (taken == 0) break;
    rest.remove_prefix(taken);
  }
  part_ = std::string(rest);
  return {};
}

// Answers its length, 0 if it is not all there.
Result<size_t> PeerSnapshotDecoder::take_frame(Bytes from) {
  if (from.empty()) return size_t{0};
  if (complete_) return corrupt("it goes on behind its end");
  if (from.size() < kHeadBytes) return size_t{0};
  ByteReader in(from);
  const uint32_t type = in.take_le32();
  const uint32_t length = in.take_le32();
  if (length > kMaxBodyBytes) return corrupt("a frame is too long");
  if (from.size() < kHeadBytes + length + kCrcBytes) return size_t{0};
  const Bytes body = in.take_bytes(length);
  crc_ = crc32c(crc_, from.substr(0, kHeadBytes + length));
  if (in.take_le32() != crc_) return corrupt("a frame's checksum does not match");
  VIADUCT_TRY(take_body(type, body));
  const size_t bytes = kHeadBytes + length + kCrcBytes;
  frame_bytes_ += bytes;
  return bytes;
}

Result<void> PeerSnapshotDecoder::take_body(uint32_t type, Bytes body) {
  if (has_header_ == (type == kHeader)) return corrupt("the header is not its beginning");
  switch (type) {
    case kHeader:
      return take_header(body);
    case kRows:
      return take_rows(body);
    case kFooter:
      return take_footer(body);
    default:
      return corrupt("a frame of an unknown type");
  }
}

Result<void> PeerSnapshotDecoder::take_header(Bytes body) {
  ByteReader in(body);
  const Bytes magic = in.take_bytes(kMagic.size());
  const uint32_t format = in.take_le32();
  PeerSnapshotHeader header;
  header.cluster = ClusterId(in.take_le64());
  header.index = Index(in.take_le64());
  header.term = Term(in.take_le64());
  header.chain = in.take_le64();
  header.seq = Seq(in.take_le64());
  header.revision = Revision(in.take_le64());
  if (!in.done() || magic != kMagic) return corrupt("the header cannot be read");
  if (format != kFormat) return corrupt("it has a format that this version does not know");
  has_header_ = true;
  return reader_.take_header(header);
}

Result<void> PeerSnapshotDecoder::take_rows(Bytes body) {
  ByteReader in(body);
  while (!in.rest().empty()) {
    const Bytes key = in.take_length_prefixed(), value = in.take_length_prefixed();
    if (!in.ok() || key <= last_key_) return corrupt("a row cannot be read, or is out of order");
    last_key_ = key;
    ++rows_;
    VIADUCT_TRY(reader_.take_row(key, value));
  }
  return {};
}

Result<void> PeerSnapshotDecoder::take_footer(Bytes body) {
  ByteReader in(body);
  const uint64_t rows = in.take_le64(), bytes = in.take_le64();
  if (!in.done() || rows != rows_ || bytes != frame_bytes_) return corrupt("rows are missing");
  complete_ = true;
  return {};
}

}  // namespace viaduct::server
