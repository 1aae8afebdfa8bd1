#include "v3/txn_overlap.h"

#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "store/key_range.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::RequestOp;
using store::KeyRangeView;
using Operations = google::protobuf::RepeatedPtrField<RequestOp>;
using Keys = std::set<std::string_view>;

// A union of key ranges. Borrows their bytes.
class Ranges {
 public:
  void add(const KeyRangeView& range) {
    if (range.is_single())
      keys_.insert(range.key);
    else if (!range.is_empty())
      add(range.key, range.is_open() ? std::string_view() : range.end);
  }

  void add(const Ranges& other) {
    keys_.insert(other.keys_.begin(), other.keys_.end());
    for (const auto& [from, to] : other.spans_) add(from, to);
  }

  bool contains(std::string_view key) const {
    if (keys_.contains(key)) return true;
    const auto after = spans_.upper_bound(key);
    return after != spans_.begin() && !ends_before(std::prev(after)->second, key);
  }

 private:
  // Of [from, to): is `key` at or beyond `to`? An empty `to` is no end.
  static bool ends_before(std::string_view to, std::string_view key) { return !to.empty() && to <= key; }

  void add(std::string_view from, std::string_view to) {
    auto next = spans_.upper_bound(from);
    if (next != spans_.begin() && (std::prev(next)->second.empty() || std::prev(next)->second >= from)) --next;
    while (next != spans_.end() && !(!to.empty() && to < next->first)) {
      from = std::min(from, next->first);
      to = to.empty() || next->second.empty() ? std::string_view() : std::max(to, next->second);
      next = spans_.erase(next);
    }
    spans_.emplace(from, to);
  }

  Keys keys_;
  std::map<std::string_view, std::string_view> spans_;  // from -> to; apart from each other
};

// What a list of operations changes, with all that is nested in it.
struct Changes {
  Keys puts;
  Ranges deletes;
};

// False when the list has an overlap; `changes` is then of no use.
bool collect(const Operations& operations, Changes& changes);

bool put(std::string_view key, Changes& changes) {
  return !changes.deletes.contains(key) && changes.puts.insert(key).second;
}

bool collect_nested(const etcdserverpb::TxnRequest& txn, Changes& changes) {
  Changes success, failure;
  if (!collect(txn.success(), success) || !collect(txn.failure(), failure)) return false;
  for (const std::string_view key : success.puts) {
    if (!put(key, changes)) return false;
  }
  for (const std::string_view key : failure.puts) {
    if (!success.puts.contains(key) && !put(key, changes)) return false;
  }
  changes.deletes.add(success.deletes);
  changes.deletes.add(failure.deletes);
  return true;
}

bool collect(const Operations& operations, Changes& changes) {
  for (const RequestOp& operation : operations) {
    if (!operation.has_request_delete_range()) continue;
    const auto& range = operation.request_delete_range();
    changes.deletes.add(KeyRangeView{range.key(), range.range_end()});
  }
  for (const RequestOp& operation : operations) {
    if (operation.has_request_txn() && !collect_nested(operation.request_txn(), changes)) return false;
  }
  for (const RequestOp& operation : operations) {
    if (operation.has_request_put() && !put(operation.request_put().key(), changes)) return false;
  }
  return true;
}

}  // namespace

bool has_overlap(const Operations& operations) {
  Changes changes;
  return !collect(operations, changes);
}

}  // namespace viaduct::v3
