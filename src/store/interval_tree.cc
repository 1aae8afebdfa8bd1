#include "store/interval_tree.h"

#include <algorithm>
#include <cassert>
#include <compare>
#include <utility>

namespace viaduct::store {
namespace {

std::strong_ordering order(const KeyRange& a, const KeyRange& b) {
  const std::strong_ordering by_key = a.key <=> b.key;
  return by_key != 0 ? by_key : a.end <=> b.end;
}

const KeyRange& later_end(const KeyRange& a, const KeyRange& b) {
  if (a.is_open() || b.is_open()) return a.is_open() ? a : b;
  return a.end < b.end ? b : a;
}

}  // namespace

RangeBucket& IntervalTree::insert(const KeyRange& range) {
  assert(!range.is_single());
  return insert(root_, range);
}

void IntervalTree::erase(const KeyRange& range) { erase(root_, range); }

RangeBucket& IntervalTree::insert(Link& link, const KeyRange& range) {
  if (!link) {
    link = std::make_unique<Node>(range);
    return link->bucket;
  }
  const std::strong_ordering where = order(range, link->bucket.range);
  if (where == 0) return link->bucket;
  RangeBucket& bucket = insert(where < 0 ? link->left : link->right, range);
  balance(link);
  return bucket;
}

void IntervalTree::erase(Link& link, const KeyRange& range) {
  if (!link) return;
  const std::strong_ordering where = order(range, link->bucket.range);
  if (where < 0) {
    erase(link->left, range);
  } else if (where > 0) {
    erase(link->right, range);
  } else if (!link->left || !link->right) {
    const Link gone = std::exchange(link, nullptr);
    link = std::move(gone->left ? gone->left : gone->right);
  } else {
    Link next = take_first(link->right);
    next->left = std::move(link->left);
    next->right = std::move(link->right);
    link = std::move(next);
  }
  if (link) balance(link);
}

IntervalTree::Link IntervalTree::take_first(Link& link) {
  if (link->left) {
    Link first = take_first(link->left);
    balance(link);
    return first;
  }
  Link first = std::move(link);
  link = std::move(first->right);
  return first;
}

void IntervalTree::update(Node& node) {
  node.height = 1;
  node.latest_end = &node.bucket.range;
  for (const Node* child : {node.left.get(), node.right.get()}) {
    if (!child) continue;
    node.height = std::max(node.height, child->height + 1);
    node.latest_end = &later_end(*node.latest_end, *child->latest_end);
  }
}

void IntervalTree::balance(Link& link) {
  const auto height = [](const Link& subtree) { return subtree ? subtree->height : 0; };
  const auto lean = [&](const Link& subtree) { return height(subtree->left) - height(subtree->right); };
  if (lean(link) > 1) {
    if (lean(link->left) < 0) rotate_left(link->left);
    rotate_right(link);
  } else if (lean(link) < -1) {
    if (lean(link->right) > 0) rotate_right(link->right);
    rotate_left(link);
  } else {
    update(*link);
  }
}

void IntervalTree::rotate_left(Link& link) {
  Link up = std::move(link->right);
  link->right = std::move(up->left);
  update(*link);
  up->left = std::move(link);
  link = std::move(up);
  update(*link);
}

void IntervalTree::rotate_right(Link& link) {
  Link up = std::move(link->left);
  link->left = std::move(up->right);
  update(*link);
  up->right = std::move(link);
  link = std::move(up);
  update(*link);
}

}  // namespace viaduct::store
