// Reads a file of etcd's format. Nothing in the file is trusted: a page number, length or order that cannot be is
// kCorrupt and names the page; so are pages that two places claim, which also ends every cycle.
// Ownership: a Reader borrows the file, a Cursor the Reader.
// Threads:   one at a time.
// Errors:    kCorrupt, or the disk's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/disk.h"
#include "bolt/format.h"

namespace viaduct::bolt {

class Cursor;

class Reader {
 public:
  // `bytes`: of the database; what lies behind them is not looked at.
  static Result<Reader> open(File& file, uint64_t bytes);

  Result<std::vector<std::string>> bucket_names() const;   // in order
  Result<std::optional<Cursor>> bucket(Bytes name) const;  // nothing if there is none

 private:
  friend class Cursor;
  Reader(File& file, const Meta& meta) : file_(&file), meta_(meta) {}

  Cursor root() const;
  Result<std::string> read_page(uint64_t id) const;  // with its overflow, checked as far as its header

  File* file_;  // never null
  Meta meta_;
};

// Walks one bucket upwards; each page is read once. Begins before the first key.
class Cursor {
 public:
  Result<bool> next();                // false: no more
  Bytes key() const { return key_; }  // valid until the next move
  Bytes value() const { return value_; }

 private:
  friend class Reader;
  struct Frame {
    std::string page;
    PageHeader header;
    uint64_t id = 0;  // as asked for; of an inline page that of the bucket's own page is not known: 0
    size_t next = 0;  // element
  };

  Cursor(const Reader& reader, uint64_t root, std::string inline_page, bool holds_buckets);

  Result<void> begin();
  Result<void> descend(uint64_t page);
  Result<void> push(Frame frame);
  Result<bool> take_value(Frame& leaf);
  Result<uint64_t> take_child(Frame& branch);
  Result<void> claim(const Frame& frame);

  const Reader* reader_;  // never null
  uint64_t root_;
  std::string inline_page_;  // when root_ is 0
  bool holds_buckets_;       // the root bucket does, the others hold values
  bool begun_ = false;
  std::vector<bool> claimed_;  // pages met so far
  std::vector<Frame> path_;
  std::string last_key_;
  Bytes key_, value_;  // into the last of path_
};

}  // namespace viaduct::bolt
