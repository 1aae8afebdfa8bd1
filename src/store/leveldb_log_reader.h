// Reads one file of LevelDB's log format (its .log and MANIFEST files) and stops at the first byte that is not what an
// undisturbed writer would have put there. LevelDB's own reader is more forgiving: it skips zeroed blocks and torn
// records and goes on behind them, which would tear a hole into the state (CC-10).
//
//   file    := block*                          32 KiB each; the last one may end anywhere
//   block   := record* trailer?                trailer: less than 7 bytes, any content, ignored
//   record  := crc:u32 length:u16 type:u8 data[length]        little-endian; never across a block's end
//   type    := 1 whole | 2 first | 3 middle | 4 last          a payload is one whole, or first middle* last
//   crc     := rotate_right(c, 15) + 0xa282ead8 mod 2^32      with c = CRC-32C of type and data
//
// A zero type never comes from a writer: it is what reads back where the size of a file survived and its data did not.
//
// Ownership: borrows the file. Threads: one. Errors: next() gives what reading the file gives; damage is no error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"

namespace viaduct::store {

class LeveldbLogReader {
 public:
  explicit LeveldbLogReader(File& file) : file_(file) {}

  // Moves to the next payload; false at the end of what can be trusted, and then on every later call.
  Result<bool> next();
  const std::string& payload() const { return payload_; }

  uint64_t good_bytes() const { return good_bytes_; }  // where the payload that next() found ends
  // Why next() said false: empty at a proper end of the file, else what is wrong behind good_bytes().
  std::string_view damage() const { return damage_; }

  // Whether another payload's opening record stands whole anywhere behind good_bytes(): then the damage is not merely
  // an unfinished last write. To be asked once next() said false.
  Result<bool> has_record_behind_damage();

 private:
  struct Record {
    uint8_t type;
    Bytes data;
  };
  Result<std::optional<Record>> next_record();  // null at the end or at damage
  Result<bool> load_block(uint64_t at);
  std::optional<Record> parse_record(Bytes from);

  File& file_;
  std::string block_;
  uint64_t block_offset_ = 0;  // of block_ in the file
  size_t position_ = 0;        // in block_
  std::string payload_;
  uint64_t payload_offset_ = 0;  // of the newest record that opened a payload
  uint64_t good_bytes_ = 0;
  std::string_view damage_;
  bool ended_ = false;
};

}  // namespace viaduct::store
