#include "v3bridge/leases.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "store/path.h"
#include "v3bridge/directories.h"
#include "v3bridge/removal.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using store::Action;
using store::EventPtr;
using store::Family;
using store::Lease;
using store::Transaction;

// True if one of `directories` (in byte order) lies strictly above `name`.
bool is_covered(std::string_view name, const std::vector<std::string>& directories) {
  if (directories.empty()) return false;
  for (std::string_view path = store::parent_path(name); !path.empty(); path = store::parent_path(path)) {
    if (std::binary_search(directories.begin(), directories.end(), path)) return true;
  }
  return false;
}

// L5: first the keys in byte order, then the directories; what lies below one of those directories goes along with it.
std::vector<EventPtr> end_lease(const store::Store& store, Transaction& txn, const Lease& lease, Action action) {
  const LeaseId id = lease.id;
  const EventKind kind{action, lease.made_by_v2};
  std::vector<std::string> keys, paths;
  for (auto& [family, name] : txn.attached(id)) (family == Family::kKey ? keys : paths).push_back(std::move(name));
  Directories directories(txn, store.v2_root());
  std::vector<EventPtr> events;
  for (const std::string& key : keys) {
    if (directories.visible(key) && is_covered(key, paths)) continue;
    events.push_back(remove_key(txn, directories, key, kind));
  }
  for (const std::string& path : paths) {
    if (!is_covered(path, paths)) events.push_back(remove_directory(txn, directories, path, kind));
  }
  if (txn.lease(id)) txn.drop_lease(id);  // else it went with its last attachment (L2)
  return events;
}

V3Result failed(V3Error error) {
  V3Result result;
  result.error = error;
  return result;
}

}  // namespace

V3Result apply_grant(Transaction& txn, const LeaseGrant& command) {
  const LeaseId id(command.id());
  if (txn.lease(id)) return failed(V3Error::kLeaseExists);
  txn.grant(id, std::min(command.ttl_seconds(), store::kMaxTtlSeconds));
  return {};
}

V3Result apply_renew(Transaction& txn, const LeaseRenew& command) {
  V3Result result;
  for (const uint64_t id : command.ids()) {
    if (txn.lease(LeaseId(id)))
      txn.renew(LeaseId(id));
    else
      result.missing.emplace_back(id);
  }
  return result;
}

V3Result apply_revoke(const store::Store& store, Transaction& txn, const LeaseRevoke& command) {
  const Lease* lease = txn.lease(LeaseId(command.id()));
  if (!lease) return failed(V3Error::kLeaseNotFound);
  V3Result result;
  result.events = end_lease(store, txn, *lease, Action::kDelete);
  result.deleted = result.events.size();
  return result;
}

void expire_lease(const store::Store& store, Transaction& txn, LeaseId id) {
  const Lease* lease = txn.lease(id);
  if (lease && lease->deadline_ms <= txn.stamp().cluster_ms) end_lease(store, txn, *lease, Action::kExpire);
}

}  // namespace viaduct::v3bridge
