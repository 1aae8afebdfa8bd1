// Writes a file of etcd's format from keys that come in order: the pages of each bucket's tree go to the file as they
// are filled, so memory is a few pages for each level of each bucket, whatever the size of the data.
// Promise:   the file is a multiple of kPageBytes, every page of it is in use, and two runs with the same input make
//            the same bytes. The caller syncs.
// Ownership: borrows the file, which must be empty and outlive this.
// Threads:   one at a time.
// Errors:    the disk's own; after one the file is of no use. Keys out of order, an empty key and one beyond
//            kMaxKeyBytes are faults of ours.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "bolt/page.h"

namespace viaduct::bolt {

// Hands out page numbers, in the order in which pages are written.
class PageFile {
 public:
  explicit PageFile(File& file) : file_(file) {}

  uint64_t pages() const { return pages_; }
  Result<uint64_t> append(const Page& page);  // its number
  Result<void> flush();

 private:
  File& file_;
  uint64_t pages_ = 3;    // two for meta, one for the freelist
  std::string buffer_;    // not yet written
  uint64_t written_ = 3;  // pages
};

// A B+tree, built from its leaves upwards.
class Tree {
 public:
  explicit Tree(PageFile& file) : file_(file), levels_{Page(kLeafPage)} {}

  Result<void> put(Bytes key, Bytes value, uint32_t flags = 0);  // kTooLarge: value beyond kMaxValueBytes

  // What a root bucket has as this bucket's value; nothing may be put afterwards.
  Result<std::string> finish_bucket();
  Result<uint64_t> finish();  // its root page

 private:
  Result<void> close_page(size_t level);
  Result<void> add_child(size_t level, Bytes key, uint64_t page);

  PageFile& file_;
  std::vector<Page> levels_;  // the open page of each level, leaves first
  std::string last_key_;
};

class Writer {
 public:
  explicit Writer(File& file) : disk_file_(file), file_(file) {}

  // Made when first asked for. Several may be filled at the same time, each in the order of its own keys.
  Tree& bucket(std::string_view name);
  Result<uint64_t> finish();  // bytes of the file

 private:
  File& disk_file_;
  PageFile file_;
  std::map<std::string, std::unique_ptr<Tree>> buckets_;
};

}  // namespace viaduct::bolt
