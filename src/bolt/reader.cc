#include "bolt/reader.h"

#include <algorithm>
#include <utility>

namespace viaduct::bolt {
namespace {

constexpr uint32_t kMinPageBytes = 1024;
constexpr uint32_t kMaxPageBytes = 64 << 10;
constexpr uint64_t kMaxReadBytes = uint64_t{1} << 30;  // one page with its overflow; no request to etcd is as large
constexpr size_t kMaxDepth = 32;                       // of a tree: more pages than a disk can hold

Error corrupt(uint64_t page, const std::string& what) {
  return {Code::kCorrupt, "page " + std::to_string(page) + ": " + what};
}

Result<std::string> read(File& file, uint64_t offset, uint64_t bytes) {
  std::string data(bytes, '\0');
  VIADUCT_TRY_ASSIGN(got, file.read_at(offset, data));
  data.resize(got);
  return data;
}

Result<std::optional<Meta>> read_meta(File& file, uint64_t offset) {
  VIADUCT_TRY_ASSIGN(page, read(file, offset, kPageHeaderBytes + kMetaBytes));
  if (page.size() != kPageHeaderBytes + kMetaBytes) return std::optional<Meta>();
  return decode_meta(Bytes(page).substr(kPageHeaderBytes));
}

bool is_page_size(uint32_t bytes) {
  return bytes >= kMinPageBytes && bytes <= kMaxPageBytes && (bytes & (bytes - 1)) == 0;
}

}  // namespace

// --- Reader ---

// The second meta lies one page into the file. How far that is, only the first could have told.
Result<Reader> Reader::open(File& file, uint64_t bytes) {
  std::optional<Meta> newest;
  for (uint64_t offset = 0; offset <= kMaxPageBytes; offset = offset == 0 ? kMinPageBytes : offset * 2) {
    VIADUCT_TRY_ASSIGN(meta, read_meta(file, offset));
    if (!meta || !is_page_size(meta->page_bytes) || (offset != 0 && offset != meta->page_bytes)) continue;
    if (!newest || meta->txid > newest->txid) newest = meta;
  }
  if (!newest) return Error{Code::kCorrupt, "invalid database"};
  if (newest->pages > bytes / newest->page_bytes) {
    return Error{Code::kCorrupt, "truncated: " + std::to_string(newest->pages) + " pages of " +
                                     std::to_string(newest->page_bytes) + " bytes do not fit into " +
                                     std::to_string(bytes) + " bytes"};
  }
  return Reader(file, *newest);
}

Cursor Reader::root() const { return Cursor(*this, meta_.root, "", true); }

Result<std::vector<std::string>> Reader::bucket_names() const {
  std::vector<std::string> names;
  Cursor cursor = root();
  for (;;) {
    VIADUCT_TRY_ASSIGN(more, cursor.next());
    if (!more) return names;
    names.emplace_back(cursor.key());
  }
}

Result<std::optional<Cursor>> Reader::bucket(Bytes name) const {
  Cursor cursor = root();
  for (;;) {
    VIADUCT_TRY_ASSIGN(more, cursor.next());
    if (!more) return std::optional<Cursor>();
    if (cursor.key() != name) continue;
    ByteReader in(cursor.value());
    const uint64_t root_page = in.take_le64();
    in.take_le64();
    if (!in.ok()) return Error{Code::kCorrupt, "bucket " + std::string(name) + ": too short"};
    return std::optional<Cursor>(Cursor(*this, root_page, std::string(in.rest()), false));
  }
}

Result<std::string> Reader::read_page(uint64_t id) const {
  if (id < 2 || id >= meta_.pages) return corrupt(id, "beyond the file's " + std::to_string(meta_.pages) + " pages");
  const uint64_t offset = id * meta_.page_bytes;
  VIADUCT_TRY_ASSIGN(page, read(*file_, offset, meta_.page_bytes));
  if (page.size() != meta_.page_bytes) return corrupt(id, "the file ends in it");
  ByteReader in(page);
  const PageHeader header = take_page_header(in);
  if (header.id != id) return corrupt(id, "says it is page " + std::to_string(header.id));
  if (header.overflow >= meta_.pages - id) return corrupt(id, "its overflow leads beyond the file");
  const uint64_t bytes = (uint64_t{header.overflow} + 1) * meta_.page_bytes;
  if (bytes > kMaxReadBytes) return corrupt(id, "its overflow is too large");
  if (header.overflow == 0) return page;
  VIADUCT_TRY_ASSIGN(rest, read(*file_, offset + page.size(), bytes - page.size()));
  page += rest;
  if (page.size() != bytes) return corrupt(id, "the file ends in it");
  return page;
}

// --- Cursor ---

Cursor::Cursor(const Reader& reader, uint64_t root, std::string inline_page, bool holds_buckets)
    : reader_(&reader),
      root_(root),
      inline_page_(std::move(inline_page)),
      holds_buckets_(holds_buckets),
      claimed_(reader.meta_.pages) {}

Result<bool> Cursor::next() {
  if (!begun_) VIADUCT_TRY(begin());
  while (!path_.empty()) {
    Frame& frame = path_.back();
    if (frame.next == frame.header.count) {
      path_.pop_back();
    } else if (frame.header.flags == kLeafPage) {
      return take_value(frame);
    } else {
      VIADUCT_TRY_ASSIGN(child, take_child(frame));
      VIADUCT_TRY(descend(child));
    }
  }
  key_ = value_ = Bytes();
  return false;
}

Result<void> Cursor::begin() {
  begun_ = true;
  if (root_ != 0) return descend(root_);
  Frame frame;
  frame.page = std::move(inline_page_);
  return push(std::move(frame));
}

Result<void> Cursor::descend(uint64_t page) {
  VIADUCT_TRY_ASSIGN(bytes, reader_->read_page(page));
  Frame frame;
  frame.page = std::move(bytes);
  frame.id = page;
  return push(std::move(frame));
}

Result<void> Cursor::push(Frame frame) {
  ByteReader in(frame.page);
  frame.header = take_page_header(in);
  if (!in.ok()) return corrupt(frame.id, "too short");
  const bool is_leaf = frame.header.flags == kLeafPage;
  if (!is_leaf && (frame.header.flags != kBranchPage || frame.id == 0)) return corrupt(frame.id, "no page of a tree");
  if (frame.header.count == 0 && !(is_leaf && path_.empty())) return corrupt(frame.id, "empty");
  if (in.rest().size() < frame.header.count * kElementBytes) return corrupt(frame.id, "its elements do not fit");
  if (path_.size() == kMaxDepth) return corrupt(frame.id, "the tree is too deep");
  if (frame.id != 0) VIADUCT_TRY(claim(frame));
  path_.push_back(std::move(frame));
  return {};
}

Result<void> Cursor::claim(const Frame& frame) {
  const auto first = claimed_.begin() + static_cast<ptrdiff_t>(frame.id);
  const auto end = first + 1 + frame.header.overflow;
  if (std::find(first, end, true) != end) return corrupt(frame.id, "met for the second time");
  std::fill(first, end, true);
  return {};
}

Result<bool> Cursor::take_value(Frame& leaf) {
  const size_t at = kPageHeaderBytes + leaf.next++ * kElementBytes;
  ByteReader in(Bytes(leaf.page).substr(at));
  const uint32_t flags = in.take_le32();
  const uint64_t position = in.take_le32(), key_bytes = in.take_le32(), value_bytes = in.take_le32();
  if (at + position + key_bytes + value_bytes > leaf.page.size()) return corrupt(leaf.id, "a value does not fit");
  if (flags != (holds_buckets_ ? kBucketElement : 0)) return corrupt(leaf.id, "a bucket where there can be none");
  key_ = Bytes(leaf.page).substr(at + position, key_bytes);
  value_ = Bytes(leaf.page).substr(at + position + key_bytes, value_bytes);
  if (key_ <= last_key_) return corrupt(leaf.id, "its keys are out of order");
  last_key_ = key_;
  return true;
}

Result<uint64_t> Cursor::take_child(Frame& branch) {
  const size_t at = kPageHeaderBytes + branch.next++ * kElementBytes;
  ByteReader in(Bytes(branch.page).substr(at));
  in.take_le64();  // position and length of the key: the leaves say what the order is
  return in.take_le64();
}

}  // namespace viaduct::bolt
