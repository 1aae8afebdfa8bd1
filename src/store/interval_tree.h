// Ranges of keys with a list of watchers each, and which of them hold a given key. An AVL tree in order of (key, end);
// each node knows the latest end at or below it, so a search leaves out whole subtrees that end before the key.
// Promise: insert and erase take O(log n), a search O(log n) for each range found and O(log n) if none is.
//          A bucket stays where it is until it is erased.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "store/key_range.h"

namespace viaduct::store {

// The watchers of one range: a list, of which this is the head.
struct RangeBucket {
  static constexpr uint32_t kEnd = UINT32_MAX;

  KeyRange range;
  uint32_t head = kEnd;  // the owner's number for the first one
};

class IntervalTree {
 public:
  RangeBucket& insert(const KeyRange& range);  // the bucket of these bounds, made if there is none; not a single key
  void erase(const KeyRange& range);
  bool empty() const { return !root_; }

  // Calls visit(RangeBucket&) for each range that holds `key`, in order. Nothing may be inserted or erased meanwhile.
  template <typename Visit>
  void each_holding(std::string_view key, const Visit& visit) {
    search(root_.get(), key, visit);
  }

 private:
  struct Node {
    explicit Node(const KeyRange& range) : bucket{range}, latest_end(&bucket.range) {}

    RangeBucket bucket;
    std::unique_ptr<Node> left, right;
    const KeyRange* latest_end;  // of this subtree
    int height = 1;
  };
  using Link = std::unique_ptr<Node>;

  static bool ends_after(const KeyRange& range, std::string_view key) { return range.is_open() || key < range.end; }

  template <typename Visit>
  static void search(Node* node, std::string_view key, const Visit& visit) {
    if (!node || !ends_after(*node->latest_end, key)) return;
    search(node->left.get(), key, visit);
    if (key < node->bucket.range.key) return;  // and so for all to the right
    if (ends_after(node->bucket.range, key)) visit(node->bucket);
    search(node->right.get(), key, visit);
  }

  static RangeBucket& insert(Link& link, const KeyRange& range);
  static void erase(Link& link, const KeyRange& range);
  static Link take_first(Link& link);
  static void update(Node& node);
  static void balance(Link& link);
  static void rotate_left(Link& link);
  static void rotate_right(Link& link);

  Link root_;
};

}  // namespace viaduct::store
