// The bytes of a snapshot on its way to another member (CC-8): all replicated rows of a store as of one entry. What
// they mean is the store's own business (docs/formats.md, "Store").
//
//   snapshot := frame(1, header) { frame(2, rows) } frame(3, footer)
//   frame    := type:u32 length:u32 body[length] crc:u32
//   header   := magic[8] "VIADSNAP" format:u32 cluster:u64 index:u64 term:u64 chain:u64 seq:u64 revision:u64
//   rows     := { key:bytes value:bytes }                   rising in key through all of the snapshot
//   footer   := rows:u64 bytes:u64                          how many came before, in all frames but this
//   bytes    := length:varint octet[length]
//
// Fixed numbers are little-endian. `crc` is CRC-32C of type, length and body, going on from the crc of the frame
// before, so the last one speaks for the whole, and a lost frame shows like a bent one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace viaduct::server {

struct PeerSnapshotHeader {
  ClusterId cluster;
  Index index;  // what the state has applied; of that entry:
  Term term;
  uint64_t chain = 0;  // store::AppliedState
  Seq seq;
  Revision revision;

  bool operator==(const PeerSnapshotHeader&) const = default;
};

class PeerSnapshotEncoder {
 public:
  // Each answers the bytes that come next.
  std::string header(const PeerSnapshotHeader& header);
  void add(std::string& rows, Bytes key, Bytes value);  // to the body of the next rows()
  std::string rows(Bytes body);
  std::string footer();

 private:
  std::string frame(uint32_t type, Bytes body);

  uint32_t crc_ = 0;
  uint64_t rows_ = 0;
  uint64_t bytes_ = 0;
};

// Takes the bytes in pieces of any size. Bounds: keeps at most one frame.
// Errors: kCorrupt for whatever an encoder did not write; what a callback answers. Good for nothing afterwards.
class PeerSnapshotDecoder {
 public:
  struct Reader {
    virtual ~Reader() = default;
    virtual Result<void> take_header(const PeerSnapshotHeader& header) = 0;
    virtual Result<void> take_row(Bytes key, Bytes value) = 0;
  };
  explicit PeerSnapshotDecoder(Reader& reader) : reader_(reader) {}

  Result<void> feed(Bytes bytes);
  uint64_t bytes() const { return bytes_; }       // fed so far
  bool is_complete() const { return complete_; }  // the footer has come, and all of it fits

 private:
  Result<size_t> take_frame(Bytes from);
  Result<void> take_body(uint32_t type, Bytes body);
  Result<void> take_header(Bytes body);
  Result<void> take_rows(Bytes body);
  Result<void> take_footer(Bytes body);

  Reader& reader_;
  std::string part_;  // of a frame that is not all there
  uint64_t bytes_ = 0;
  uint64_t frame_bytes_ = 0;  // in whole frames
  uint64_t rows_ = 0;
  uint32_t crc_ = 0;
  std::string last_key_;
  bool has_header_ = false;
  bool complete_ = false;
};

}  // namespace viaduct::server
