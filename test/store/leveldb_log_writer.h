// Writes LevelDB's log format by the book (src/store/leveldb_log_reader.h), so that tests can bend the bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <string>

#include "base/bytes.h"

namespace viaduct::store {

class LeveldbLogWriter {
 public:
  void add(Bytes payload) {
    bool opened = false;
    do {
      if (room() < kHeaderBytes) bytes_.append(room(), '\0');
      const Bytes part = payload.substr(0, room() - kHeaderBytes);
      payload.remove_prefix(part.size());
      add_record(type_of(opened, payload.empty()), part);
      opened = true;
    } while (!payload.empty());
  }
  const std::string& bytes() const { return bytes_; }

 private:
  static constexpr size_t kBlockBytes = 32768;
  static constexpr size_t kHeaderBytes = 7;

  size_t room() const { return kBlockBytes - bytes_.size() % kBlockBytes; }
  static char type_of(bool opened, bool closes) { return opened ? (closes ? 4 : 3) : (closes ? 1 : 2); }

  void add_record(char type, Bytes data) {
    const std::string checked = type + std::string(data);
    put_le32(bytes_, std::rotr(crc32c(0, checked), 15) + 0xa282ead8);
    bytes_.push_back(static_cast<char>(data.size() & 0xff));
    bytes_.push_back(static_cast<char>(data.size() >> 8));
    bytes_ += checked;
  }

  std::string bytes_;
};

}  // namespace viaduct::store
