// Grant, renewal and end of leases (D4, bridge.md section 6).
#pragma once

#include "store/transaction.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class LeaseGrant;
class LeaseRenew;
class LeaseRevoke;
}  // namespace viaduct

namespace viaduct::v3bridge {

V3Result apply_grant(store::Transaction& txn, const LeaseGrant& command);  // kLeaseExists
V3Result apply_renew(store::Transaction& txn, const LeaseRenew& command);
V3Result apply_revoke(const store::Store& store, store::Transaction& txn,
                      const LeaseRevoke& command);  // kLeaseNotFound

// Ends the lease if it is there and its deadline is at or below the transaction's stamp, else does nothing.
void expire_lease(const store::Store& store, store::Transaction& txn, LeaseId id);

}  // namespace viaduct::v3bridge
