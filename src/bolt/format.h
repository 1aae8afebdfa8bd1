// The bytes of the file that etcd keeps its state in: bbolt's pages, little-endian (docs/formats.md, "Snapshot").
//
//   file    := page*                           a page number is its offset in units of the page size
//   page    := id:u64 flags:u16 count:u16 overflow:u32 body      with `overflow` more pages belonging to it
//   meta    := magic:u32 version:u32 page_bytes:u32 zero:u32 bucket freelist:u64 pages:u64 txid:u64 checksum:u64
//   bucket  := root:u64 sequence:u64           root 0: a small bucket, whose only page follows here
//   branch  := { position:u32 key_bytes:u32 page:u64 } key*
//   leaf    := { flags:u32 position:u32 key_bytes:u32 value_bytes:u32 } { key value }
//
// Pages 0 and 1 hold a meta each, and the valid one with the higher txid counts. A position is counted from the start
// of its own element. checksum is FNV-1a over the meta before it. The root bucket's values are buckets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace viaduct::bolt {

inline constexpr uint32_t kPageBytes = 4096;  // of files that we write
inline constexpr size_t kPageHeaderBytes = 8 + 2 + 2 + 4;
inline constexpr size_t kElementBytes = 16;  // branch and leaf alike
inline constexpr size_t kMetaBytes = 4 * 4 + 16 + 4 * 8;
inline constexpr size_t kBucketBytes = 8 + 8;

inline constexpr uint32_t kMaxKeyBytes = 32'768;
inline constexpr uint32_t kMaxValueBytes = (uint32_t{1} << 31) - 2;

enum PageFlag : uint16_t { kBranchPage = 0x01, kLeafPage = 0x02, kMetaPage = 0x04, kFreelistPage = 0x10 };
inline constexpr uint32_t kBucketElement = 0x01;  // flag of a leaf element

struct PageHeader {
  uint64_t id = 0;
  uint16_t flags = 0;
  uint16_t count = 0;     // of elements
  uint32_t overflow = 0;  // pages beyond the first
};
void put_page_header(std::string& to, const PageHeader& header);
PageHeader take_page_header(ByteReader& from);

struct Meta {
  uint32_t page_bytes = kPageBytes;
  uint64_t root = 0;      // page of the root bucket
  uint64_t freelist = 0;  // page, or all ones for none
  uint64_t pages = 0;     // of the file that are in use: the first page number beyond
  uint64_t txid = 0;
};
std::string encode_meta(const Meta& meta);
std::optional<Meta> decode_meta(Bytes body);  // nothing if magic, version or checksum is another

}  // namespace viaduct::bolt
