#include "v3bridge/v3_check.h"

#include <set>
#include <string>

#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using store::Family;
using store::Transaction;

bool deletes(const Change& change, std::string_view key) {
  return change.has_delete_range() && KeyRange(change.delete_range()).contains(key);
}

bool exists_before(const Transaction& txn, const Txn& command, int position, std::string_view key) {
  for (int i = position - 1; i >= 0; --i) {
    const Change& change = command.changes(i);
    if (change.has_put() && change.put().key() == key) return true;
    if (deletes(change, key)) return false;
  }
  return txn.key(key) != nullptr;
}

// A lease that v2 made goes with its last attachment (L2), so that an earlier change of the same transaction may take
// it away. Directories are not v3's to detach.
bool lease_outlives(const Transaction& txn, const Txn& command, int position, LeaseId lease) {
  std::set<std::string, std::less<>> keys;
  for (auto& [family, name] : txn.attached(lease)) {
    if (family == Family::kDirectory) return true;
    keys.insert(std::move(name));
  }
  for (int i = 0; i < position; ++i) {
    const Change& change = command.changes(i);
    if (change.has_delete_range()) {
      const KeyRange range(change.delete_range());
      std::erase_if(keys, [&](const std::string& key) { return range.contains(key); });
    } else if (const Put& put = change.put(); LeaseId(put.lease()) == lease) {
      keys.insert(put.key());
    } else if (!put.ignore_lease()) {
      keys.erase(put.key());
    }
    if (keys.empty()) return false;
  }
  return true;
}

V3Error check_put(const Transaction& txn, const Txn& command, int position) {
  const Put& put = command.changes(position).put();
  if ((put.ignore_value() || put.ignore_lease()) && !exists_before(txn, command, position, put.key()))
    return V3Error::kKeyNotFound;
  if (put.lease() == 0 || put.ignore_lease()) return V3Error::kNone;
  const store::Lease* lease = txn.lease(LeaseId(put.lease()));
  if (!lease) return V3Error::kLeaseNotFound;
  if (lease->made_by_v2 && position > 0 && !lease_outlives(txn, command, position, lease->id))
    return V3Error::kLeaseNotFound;
  return V3Error::kNone;
}

}  // namespace

KeyRange::KeyRange(const DeleteRange& range) : from(range.key()), to(range.range_end()) {
  if (to.empty())
    to = from + '\0';
  else if (to == std::string_view("\0", 1))
    to.clear();
}

V3Error check_v3_txn(const Transaction& txn, const Txn& command) {
  for (int i = 0; i < command.changes_size(); ++i) {
    if (!command.changes(i).has_put()) continue;
    if (const V3Error error = check_put(txn, command, i); error != V3Error::kNone) return error;
  }
  return V3Error::kNone;
}

}  // namespace viaduct::v3bridge
