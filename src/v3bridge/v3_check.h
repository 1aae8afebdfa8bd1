// What a v3 transaction is refused for, seen at each change as the changes before it will have left the state.
#pragma once

#include <string_view>

#include "store/transaction.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class DeleteRange;
class Txn;
}  // namespace viaduct

namespace viaduct::v3bridge {

// The keys a DeleteRange means: [from, to), `to` empty for no end.
struct KeyRange {
  std::string from, to;

  explicit KeyRange(const DeleteRange& range);
  bool contains(std::string_view key) const { return key >= from && (to.empty() || key < to); }
  bool empty() const { return !to.empty() && to <= from; }
};

V3Error check_v3_txn(const store::Transaction& txn, const Txn& command);

}  // namespace viaduct::v3bridge
