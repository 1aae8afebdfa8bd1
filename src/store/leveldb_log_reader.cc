#include "store/leveldb_log_reader.h"

#include <bit>

namespace viaduct::store {
namespace {

constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 4 + 2 + 1;
constexpr uint32_t kMaskDelta = 0xa282ead8;

enum Type : uint8_t { kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

uint32_t mask(uint32_t crc) { return std::rotr(crc, 15) + kMaskDelta; }

}  // namespace

Result<bool> LeveldbLogReader::next() {
  payload_.clear();
  bool open = false;  // a first was read, its last not yet
  while (!ended_) {
    VIADUCT_TRY_ASSIGN(record, next_record());
    if (!record) {
      ended_ = true;
      if (open && damage_.empty()) damage_ = "a payload ends early";
      break;
    }
    const bool opens = record->type == kWhole || record->type == kFirst;
    if (opens == open) {
      ended_ = true;
      damage_ = open ? "a payload starts inside another" : "a payload lacks its start";
      break;
    }
    if (opens) payload_offset_ = block_offset_ + position_ - kHeaderBytes - record->data.size();
    payload_.append(record->data);
    open = record->type == kFirst || record->type == kMiddle;
    if (!open) {
      good_bytes_ = block_offset_ + position_;
      return true;
    }
  }
  payload_.clear();
  return false;
}

Result<std::optional<LeveldbLogReader::Record>> LeveldbLogReader::next_record() {
  if (block_.size() - position_ < kHeaderBytes) {
    const bool file_ends_here = !block_.empty() && block_.size() < kBlockBytes;
    if (file_ends_here && position_ < block_.size()) damage_ = "a header is cut short";
    if (file_ends_here) return std::optional<Record>();
    VIADUCT_TRY_ASSIGN(more, load_block(block_offset_ + block_.size()));
    if (!more) return std::optional<Record>();
    return next_record();
  }
  const std::optional<Record> record = parse_record(Bytes(block_).substr(position_));
  if (record) position_ += kHeaderBytes + record->data.size();
  return record;
}

Result<bool> LeveldbLogReader::load_block(uint64_t at) {
  block_.resize(kBlockBytes);
  VIADUCT_TRY_ASSIGN(got, file_.read_at(at, block_));
  block_.resize(got);
  block_offset_ = at;
  position_ = 0;
  return got > 0;
}

std::optional<LeveldbLogReader::Record> LeveldbLogReader::parse_record(Bytes from) {
  ByteReader reader(from);
  const uint32_t crc = reader.take_le32();
  const uint16_t length = static_cast<uint16_t>(reader.take_u8() | reader.take_u8() << 8);
  const Bytes checked = reader.rest().substr(0, size_t{1} + length);
  const uint8_t type = reader.take_u8();
  const Bytes data = reader.take_bytes(length);
  if (type == 0) {
    damage_ = "zeros";
  } else if (type > kLast) {
    damage_ = "unknown record type";
  } else if (!reader.ok()) {
    damage_ = "a record is cut short";
  } else if (crc != mask(crc32c(0, checked))) {
    damage_ = "checksum mismatch";
  } else {
    return Record{type, data};
  }
  return std::nullopt;
}

Result<bool> LeveldbLogReader::has_record_behind_damage() {
  const std::string_view found = damage_;
  bool behind = false;
  for (uint64_t at = good_bytes_ - good_bytes_ % kBlockBytes; !behind; at += kBlockBytes) {
    VIADUCT_TRY_ASSIGN(more, load_block(at));
    if (!more) break;
    for (size_t i = at < good_bytes_ ? good_bytes_ - at : 0; i + kHeaderBytes <= block_.size() && !behind; ++i) {
      const std::optional<Record> record = parse_record(Bytes(block_).substr(i));
      const bool opens = record && (record->type == kWhole || record->type == kFirst);
      behind = opens && at + i != payload_offset_;
    }
  }
  damage_ = found;
  return behind;
}

}  // namespace viaduct::store
