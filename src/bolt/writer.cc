#include "bolt/writer.h"

#include <cassert>
#include <utility>

namespace viaduct::bolt {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kInlineBytes = kPageBytes / 4;  // a bucket up to this size needs no page of its own
constexpr uint64_t kFreelist = 2;

std::string bucket_value(uint64_t root) {
  std::string value;
  put_le64(value, root);
  put_le64(value, 0);  // sequence
  return value;
}

}  // namespace

// --- PageFile ---

Result<uint64_t> PageFile::append(const Page& page) {
  const uint64_t id = pages_;
  buffer_ += page.encode(id);
  buffer_.resize((buffer_.size() + kPageBytes - 1) / kPageBytes * kPageBytes);
  pages_ = written_ + buffer_.size() / kPageBytes;
  if (buffer_.size() >= kBufferBytes) VIADUCT_TRY(flush());
  return id;
}

Result<void> PageFile::flush() {
  VIADUCT_TRY(file_.write_at(written_ * kPageBytes, buffer_));
  written_ = pages_;
  buffer_.clear();
  return {};
}

// --- Tree ---

Result<void> Tree::put(Bytes key, Bytes value, uint32_t flags) {
  assert(!key.empty() && key.size() <= kMaxKeyBytes);
  assert(key > last_key_);
  if (value.size() > kMaxValueBytes) return Error{Code::kTooLarge, "a value is too large for etcd's file"};
  if (levels_[0].count() != 0 && !levels_[0].fits(key.size() + value.size())) VIADUCT_TRY(close_page(0));
  levels_[0].add_value(key, value, flags);
  last_key_ = key;
  return {};
}

Result<void> Tree::close_page(size_t level) {
  VIADUCT_TRY_ASSIGN(id, file_.append(levels_[level]));
  const std::string first_key(levels_[level].first_key());
  levels_[level].clear();
  return add_child(level + 1, first_key, id);
}

Result<void> Tree::add_child(size_t level, Bytes key, uint64_t page) {
  if (level == levels_.size()) levels_.emplace_back(kBranchPage);
  // Two children at least, however long their keys are: else the tree would never come to a root.
  if (levels_[level].count() >= 2 && !levels_[level].fits(key.size())) VIADUCT_TRY(close_page(level));
  levels_[level].add_child(key, page);
  return {};
}

Result<std::string> Tree::finish_bucket() {
  const Page& leaf = levels_[0];
  if (levels_.size() == 1 && leaf.bytes() <= kInlineBytes) return bucket_value(0) + leaf.encode(0);
  VIADUCT_TRY_ASSIGN(root, finish());
  return bucket_value(root);
}

Result<uint64_t> Tree::finish() {
  for (size_t level = 0; level + 1 < levels_.size(); ++level) VIADUCT_TRY(close_page(level));
  return file_.append(levels_.back());
}

// --- Writer ---

Tree& Writer::bucket(std::string_view name) {
  std::unique_ptr<Tree>& tree = buckets_[std::string(name)];
  if (!tree) tree = std::make_unique<Tree>(file_);
  return *tree;
}

Result<uint64_t> Writer::finish() {
  Tree root(file_);
  for (const auto& [name, tree] : buckets_) {
    VIADUCT_TRY_ASSIGN(value, tree->finish_bucket());
    VIADUCT_TRY(root.put(name, value, kBucketElement));
  }
  VIADUCT_TRY_ASSIGN(root_page, root.finish());
  VIADUCT_TRY(file_.flush());

  std::string front;
  for (uint64_t page = 0; page < 2; ++page) {
    put_page_header(front, {page, kMetaPage, 0, 0});
    front += encode_meta({kPageBytes, root_page, kFreelist, file_.pages(), page});
    front.resize((page + 1) * kPageBytes);
  }
  put_page_header(front, {kFreelist, kFreelistPage, 0, 0});
  front.resize(3 * kPageBytes);
  VIADUCT_TRY(disk_file_.write_at(0, front));
  return file_.pages() * kPageBytes;
}

}  // namespace viaduct::bolt
